/** `darkroom types`: TypeScript for the inputs and outputs of one's own models, for the client. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadModels } from '../catalog/bundled.ts';
import { clientOf, connectionOptions, findConnection } from './caller/connection.ts';
import { CommandError } from './command-error.ts';
import { describedModels } from './described-models.ts';
import { loadConfig } from './load-config.ts';
import { type DescribedModel, writeModelTypes } from './write-model-types.ts';

interface Options {
  baseUrl?: string;
  apiKey?: string;
  out?: string;
  module: string;
}

export function typesCommand(command: Command): void {
  connectionOptions(command)
    .option('--out <file>', 'where to write it, a .ts or .d.ts file; printed unless told')
    .option('--module <name>', 'what programs import the client as', 'darkroom/client')
    .addHelpText(
      'after',
      '\nWith --base-url, of the models that server has; otherwise of those that a server here would load (DARKROOM_MODELS_DIR).',
    )
    .action(async (options: Options) => {
      const { models, from } = await readModels(options);
      const text = augmentation(models, from, options.module);
      if (options.out === undefined) process.stdout.write(text);
      else {
        if (!/\.[cm]?ts$/.test(options.out)) throw new CommandError('--out must end in .ts');
        await writeFile(options.out, text);
        process.stderr.write(`${models.length} models in ${options.out}\n`);
      }
    });
}

async function readModels(options: Options): Promise<{ models: DescribedModel[]; from: string }> {
  if (options.baseUrl === undefined)
    return { models: describedModels(await loadModels(loadConfig().config.modelsDir)), from: 'model files' };
  const connection = await findConnection(options);
  const models: DescribedModel[] = [];
  for await (const model of clientOf(connection).models.list({
    includeSchema: true,
    language: 'en',
    limit: 100,
  }))
    models.push(model);
  return { models, from: new URL(connection.baseUrl).host };
}

/** Added to the client's own interface, so that they are known wherever the file is part of the program. */
function augmentation(models: readonly DescribedModel[], from: string, module: string): string {
  const { inputs, members, named } = writeModelTypes(models);
  return `/** Made by \`darkroom types\` from ${from}. Make it again when the models change. */
import type { ${named.join(', ')} } from ${JSON.stringify(module)};

${inputs}
declare module ${JSON.stringify(module)} {
  interface CustomModels {
    ${members.join('\n    ')}
  }
}
`;
}
