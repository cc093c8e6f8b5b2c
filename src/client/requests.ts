/** The account's history: `darkroom.requests`. */
import { cursorList, type List } from './list.ts';
import { segment } from './paths.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { HistoryEntry, RequestPage, ResultStatus } from './types.ts';

export interface RequestFilters extends CallOptions {
  status?: ResultStatus | undefined;
  modelId?: string | undefined;
  /** Submitted with this API key. */
  keyId?: string | undefined;
  /** Created at or after. */
  after?: string | Date | undefined;
  /** Created before. */
  before?: string | Date | undefined;
  /** Of one page: 1 to 100. */
  limit?: number | undefined;
}

export class Requests {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The account's requests, newest first, with their input and cost. */
  list(filters: RequestFilters = {}): List<HistoryEntry, RequestPage> {
    const { signal, modelId, keyId, ...rest } = filters;
    const query = { ...rest, model_id: modelId, key_id: keyId };
    return cursorList(
      this.#transport,
      { path: '/v1/requests', query, signal },
      (page: RequestPage) => page.requests,
    );
  }

  /** One of them. */
  async get(id: string, { signal }: CallOptions = {}): Promise<HistoryEntry> {
    return this.#transport.json({ path: `/v1/requests/${segment(id)}`, signal });
  }

  /** Input, output and files are gone for good. */
  async delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.#transport.json({ method: 'DELETE', path: `/v1/requests/${segment(id)}`, signal });
  }
}
