/** `darkroom models`: the catalogue of this installation or of a server, and a check of model files before a server reads them. */
import type { Command } from 'commander';
import type { ListModelsOptions } from './options.ts';
import { inPlace, type PlaceOptions, placeOptions } from './place.ts';

export function modelsCommands(models: Command): void {
  placeOptions(models.command('list'))
    .description('all models, with the price of one output')
    .option('--search <words>', 'only those with these words in id, name or description')
    .action((options: ListModelsOptions) =>
      inPlace(
        options,
        async (darkroom) => (await import('./caller/models.ts')).listServerModels(darkroom, options),
        async () => (await import('./local-models.ts')).listLocalModels(options),
      ),
    );

  placeOptions(models.command('get <model>'))
    .description('one model: its price, its parameters')
    .action((id: string, options: PlaceOptions) =>
      inPlace(
        options,
        async (darkroom) => (await import('./caller/models.ts')).showServerModel(darkroom, id, options),
        async () => (await import('./local-models.ts')).showLocalModel(id, options),
      ),
    );

  models
    .command('check [folder]')
    .description('check model files: those of a folder, or all that a server would load')
    .action(async (folder: string | undefined) => (await import('./local-models.ts')).checkModels(folder));
}
