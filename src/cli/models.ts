/** `darkroom models`: the catalogue, and a check of model files before a server reads them. */
import type { Command } from 'commander';
import { loadModels } from '../catalog/bundled.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { priceOf } from '../catalog/price.ts';
import type { LoadedConfig } from '../config/config.ts';
import { toUsd } from '../lib/money.ts';
import { table } from './table.ts';

export function modelsCommands(program: Command, loadConfig: () => LoadedConfig): void {
  const models = program.command('models').description('the model catalogue');

  models
    .command('list')
    .description('all models, with the price of one output')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { models } = await loadModels(loadConfig().config.modelsDir);
      const rows = models.map((model) => ({
        id: model.id,
        kind: model.kind,
        price_usd: toUsd(priceOf(model, {})),
        aliases: model.aliases,
      }));
      process.stdout.write(
        options.json
          ? `${JSON.stringify(rows, null, 2)}\n`
          : table(
              ['MODEL', 'KIND', 'USD', 'ALSO'],
              rows.map(({ id, kind, price_usd, aliases }) => [
                id,
                kind,
                String(price_usd),
                aliases.join(', '),
              ]),
            ),
      );
    });

  models
    .command('check [folder]')
    .description('check model files: those of a folder, or all that a server would load')
    .action(async (folder: string | undefined) => {
      const { models } = folder
        ? await loadCatalog([folder])
        : await loadModels(loadConfig().config.modelsDir);
      process.stdout.write(`${models.length} models, nothing wrong.\n`);
    });
}
