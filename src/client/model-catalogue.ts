/** The models a server has: `darkroom.models`. */
import { List } from './list.ts';
import type { ModelId } from './models.ts';
import { modelPath } from './paths.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { Model, ModelKind, ModelPage } from './types.ts';

export interface LanguageOptions extends CallOptions {
  /** Of the texts: en, zh-TW or it. */
  language?: string | undefined;
}

export interface ModelFilters extends LanguageOptions {
  /** Words in id, name or description. */
  search?: string | undefined;
  category?: string | undefined;
  kind?: ModelKind | undefined;
  includeSchema?: boolean | undefined;
  /** Of one page: 1 to 100. */
  limit?: number | undefined;
}

export class ModelCatalogue {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(filters: ModelFilters = {}): List<Model, ModelPage> {
    const { includeSchema, language, signal, ...rest } = filters;
    const query = { ...rest, include_schema: includeSchema, lang: language };
    return new List(
      (offset) =>
        this.#transport.json<ModelPage>({ path: '/v1/models', query: { ...query, offset }, signal }),
      (page) => page.models,
      ({ models, total, offset }) =>
        models.length > 0 && offset + models.length < total ? String(offset + models.length) : null,
    );
  }

  /** One model, with its schemas. */
  async get(model: ModelId, { language, signal }: LanguageOptions = {}): Promise<Model> {
    return this.#transport.json({ path: modelPath(model), query: { lang: language }, signal });
  }

  async categories({ signal }: CallOptions = {}): Promise<string[]> {
    const path = '/v1/models/categories';
    return (await this.#transport.json<{ categories: string[] }>({ path, signal })).categories;
  }
}
