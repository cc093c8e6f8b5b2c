/** The catalogue of this installation: the models that come with it, and those of DARKROOM_MODELS_DIR. */
import { loadModels } from '../catalog/bundled.ts';
import { catalogueEntry } from '../catalog/catalogue-entry.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import type { Catalog } from '../catalog/model.ts';
import { priceOf } from '../catalog/price.ts';
import { searchModels } from '../catalog/search-models.ts';
import type { Model } from '../client/index.ts';
import { toUsd } from '../lib/money.ts';
import { printJson } from './caller/call.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';
import { loadConfig } from './load-config.ts';
import type { ListModelsOptions } from './options.ts';
import { showModel } from './shown-model.ts';
import { table } from './table.ts';

const load = (): Promise<Catalog> => loadModels(loadConfig().config.modelsDir);

export async function listLocalModels({ json, search }: ListModelsOptions): Promise<void> {
  const models = searchModels(await load(), search ? { search } : {});
  const rows = models.map((model) => ({
    id: model.id,
    kind: model.kind,
    price_usd: toUsd(priceOf(model, {})),
    aliases: model.aliases,
  }));
  if (json) return printJson(rows);
  const shown = rows.map(({ id, kind, price_usd, aliases }) => [
    id,
    kind,
    String(price_usd),
    aliases.join(', '),
  ]);
  process.stdout.write(table(['MODEL', 'KIND', 'USD', 'ALSO'], shown));
}

export async function showLocalModel(id: string, { json }: { json?: boolean }): Promise<void> {
  const model = (await load()).find(id);
  if (!model)
    throw new CommandError(
      `There is no model ${id}. \`darkroom models list\` shows what there is.`,
      EXIT.notFound,
    );
  // Both are a server's to say.
  const {
    available: _available,
    model_url: _modelUrl,
    ...entry
  } = catalogueEntry(model, 'en', {
    available: true,
    baseUrl: 'http://localhost',
    includeSchema: true,
  });
  if (json) printJson(entry);
  else showModel(entry as unknown as Model);
}

export async function checkModels(folder: string | undefined): Promise<void> {
  const { models } = folder ? await loadCatalog([folder]) : await load();
  process.stdout.write(`${models.length} models, nothing wrong.\n`);
}
