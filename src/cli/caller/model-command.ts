/** Commands whose options are a model's parameters: the model is read first, then the rest by its schema. */
import type { Command } from 'commander';
import type { Darkroom, Model } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { type CallOptions, calling } from './call.ts';
import { commandOfModel } from './command-of-model.ts';
import { type Connection, clientOf, connectionOptions, PATIENT, peekAtConnection } from './connection.ts';
import { findModel } from './find-model.ts';
import { readInput } from './read-input.ts';
import { mention } from './say.ts';

export interface InputOptions extends CallOptions {
  input?: string;
  quiet?: boolean;
}

export interface ModelCall<Options> {
  darkroom: Darkroom;
  connection: Connection;
  modelId: string;
  /** Absent where the server shows none. */
  model: Model | undefined;
  /** Local files in it are `LocalFile`s. */
  input: Record<string, unknown>;
  options: Options;
}

/** Makes `command`, which has its own options already, one that takes a model and its parameters. */
export function modelCommand<Options extends InputOptions>(
  command: Command,
  action: (call: ModelCall<Options>) => Promise<void>,
): void {
  command
    .option('--input <file>', 'JSON with parameters; - reads it from stdin')
    .option('--json', 'print JSON, and nothing else');
  connectionOptions(command)
    .argument('[model]', 'its id: `darkroom models list` shows them')
    .argument('[parameters...]', "the model's own")
    .usage('<model> [options]')
    // What follows the model is read when the model is known.
    .passThroughOptions()
    .allowUnknownOption()
    .addHelpText('after', `\nThe parameters of a model: darkroom ${command.name()} <model> --help`)
    .action(async (modelId: string | undefined, words: string[], options: Options) => {
      checkModelId(command, modelId);
      await calling({ ...options, ...peekAtConnection(words) }, async (_, connection) => {
        const { model, isForeign } = await findModel(connection, modelId);
        const inner = commandOfModel(command, modelId, model);
        const flags = await inner.parse(words);
        const all = inner.command.opts<Options>();
        // Who chose none is to know which it is before it costs something.
        if (!isChosen(connection) && !all.json && !all.quiet)
          mention(`At ${connection.baseUrl} (${connection.chosenBy}).`);
        await action({
          darkroom: clientOf(connection, { ...PATIENT, ...(isForeign && { host: 'runcomfy' }) }),
          connection,
          modelId,
          model,
          input: await readInput(flags, all.input),
          options: all,
        });
      });
    });
}

const isChosen = ({ chosenBy }: Connection): boolean =>
  chosenBy === '--base-url' || chosenBy === 'DARKROOM_BASE_URL';

function checkModelId(command: Command, modelId: string | undefined): asserts modelId is string {
  const name = `darkroom ${command.name()}`;
  const list = '`darkroom models list` shows what there is.';
  if (modelId === undefined) throw new CommandError(`Name a model: ${name} <model>. ${list}`);
  if (modelId.startsWith('-'))
    throw new CommandError(`The model comes first: ${name} <model> ${modelId} … ${list}`);
}
