/** The catalogue of a server. */
import type { Darkroom } from '../../client/index.ts';
import type { ListModelsOptions } from '../options.ts';
import { showModel } from '../shown-model.ts';
import { table } from '../table.ts';
import { printJson } from './call.ts';
import { take } from './take.ts';

export async function listServerModels(
  darkroom: Darkroom,
  { json, search }: ListModelsOptions,
): Promise<void> {
  const models = await take(darkroom.models.list({ search, limit: 100 }), Number.POSITIVE_INFINITY);
  if (json) return printJson(models);
  const rows = models.map(({ model_id, kind, base_price_usd, available, aliases = [] }) => [
    model_id,
    kind,
    String(base_price_usd),
    available === false ? 'no' : 'yes',
    aliases.join(', '),
  ]);
  process.stdout.write(table(['MODEL', 'KIND', 'USD', 'CAN RUN', 'ALSO'], rows));
}

export async function showServerModel(
  darkroom: Darkroom,
  id: string,
  { json }: { json?: boolean },
): Promise<void> {
  const model = await darkroom.models.get(id);
  if (json) printJson(model);
  else showModel(model);
}
