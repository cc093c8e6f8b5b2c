/** A command with the parameters of one model. */
import { Command } from 'commander';
import type { Model } from '../../client/index.ts';
import { readLooseFlags } from './loose-flags.ts';
import { addModelFlags } from './model-flags.ts';
import { mention } from './say.ts';

export interface CommandOfModel {
  command: Command;
  /** @returns the model's input, as far as the words have it. Exits on `--help` and on words that make no sense. */
  parse(words: readonly string[]): Promise<Record<string, unknown>>;
}

/** With the options of `outer`, and what was given to them already. Without a schema, any parameter is taken. */
export function commandOfModel(outer: Command, modelId: string, model: Model | undefined): CommandOfModel {
  const name = `darkroom ${outer.name()} ${modelId}`;
  const command = new Command(name)
    .copyInheritedSettings(outer)
    .usage('[options]')
    .showHelpAfterError(`(${name} --help shows what there is)`);
  const reserved = outer.options.flatMap(({ long, short }) => [long, short]);
  const schema = model?.input_schema;
  const flags =
    schema &&
    addModelFlags(
      command,
      schema,
      reserved.filter((flag) => flag !== undefined),
    );
  for (const option of outer.options) {
    command.addOption(option);
    inherit(command, outer, option.attributeName());
  }
  if (!flags) return { command, parse: async (words) => parseLoosely(command, words) };
  command.description(describe(model)).action(() => {});
  return {
    command,
    parse: async (words) => {
      await command.parseAsync(words, { from: 'user' });
      return flags.input();
    },
  };
}

function inherit(to: Command, from: Command, name: string): void {
  const source = from.getOptionValueSource(name);
  if (source === 'cli') to.setOptionValueWithSource(name, from.getOptionValue(name), source);
}

const NO_SCHEMA =
  'This server does not show the parameters of its models. Give any as --name value: numbers, true, false and JSON are sent as such.';

function parseLoosely(command: Command, words: readonly string[]): Record<string, unknown> {
  const { operands, unknown } = command
    .allowUnknownOption()
    .description(NO_SCHEMA)
    .parseOptions([...words]);
  if (unknown.includes('--help') || unknown.includes('-h')) command.help();
  const { json, quiet } = command.opts<{ json?: boolean; quiet?: boolean }>();
  if (!json && !quiet) mention(NO_SCHEMA);
  return readLooseFlags([...operands, ...unknown]);
}

const describe = ({ display_name, description, pricing_note, available }: Model): string =>
  [
    `${display_name}: ${description}`,
    pricing_note,
    available === false ? 'No backend of this server can run it.' : '',
  ]
    .filter(Boolean)
    .join('\n');
