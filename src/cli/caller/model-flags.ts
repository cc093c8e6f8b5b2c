/** The parameters of a model as options of a command, from its input schema. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { InputSchema, PropertySchema } from '../../client/index.ts';
import { describeParameter, placeholderOf } from './describe-parameter.ts';
import { readValue } from './flag-values.ts';

const INPUT_HEADING = 'Input:';

/** An option for a parameter of a model. */
export class ParameterOption extends Option {
  /** What it may be, for completion: whether it is, the server says. */
  values: string[] | undefined;
}

interface Parameter {
  name: string;
  schema: PropertySchema;
  /** Under each of them commander keeps what was given; the last has what is shown in help. */
  options: Option[];
}

export interface ModelFlags {
  /** What was given on the command line, by the names that the API has. Local files are `LocalFile`s. */
  input(): Record<string, unknown>;
}

/**
 * Adds an option for each parameter: `--aspect-ratio`, silently `--aspect_ratio` as well, `--image` for `image_urls`. Names that are
 * `reserved` are left out; such a parameter, as any other, can be given as `--set name=value`.
 */
export function addModelFlags(
  command: Command,
  { properties, required = [] }: InputSchema,
  reserved: Iterable<string>,
): ModelFlags {
  const taken = new Set(reserved);
  const parameters = Object.entries(properties).map(([name, schema]) => {
    const names = flagNames(name, schema).filter((flag) => !taken.has(flag));
    for (const flag of names) taken.add(flag);
    const options = optionsOf(names, name, schema, required.includes(name));
    for (const option of options) command.addOption(option);
    return { name, schema, options };
  });
  const set = new Option('--set <name=value>', 'any parameter by its name; JSON is read as such').argParser(
    (text, before: Record<string, unknown> = {}) => ({ ...before, ...readAssignment(text, properties) }),
  );
  command.addOption(set.helpGroup(INPUT_HEADING));
  return { input: () => ({ ...command.getOptionValue('set'), ...given(command, parameters) }) };
}

/** The singular first, then the name with hyphens, then as the API writes it. */
function flagNames(name: string, schema: PropertySchema): string[] {
  if (!/^[A-Za-z][\w-]*$/.test(name)) return [];
  const kebab = name.replaceAll('_', '-').replace(/^-+|-+$/g, '');
  const singular = schema.type === 'array' ? /^(.+)-urls$/.exec(kebab)?.[1] : undefined;
  const names = [singular, kebab, name]
    .filter((word) => word !== undefined)
    // commander takes `--no-x` for the negation of `--x`.
    .filter((word) => !word.startsWith('no-'))
    .map((word) => `--${word}`);
  return [...new Set(names)];
}

function optionsOf(names: string[], name: string, schema: PropertySchema, isRequired: boolean): Option[] {
  const snake = names.find((flag) => flag === `--${name}` && flag.includes('_'));
  const shown = names.filter((flag) => flag !== snake || names.length === 1);
  const description = describeParameter(name, schema, isRequired);
  const forms = [shown.join(', '), snake].filter((form) => form !== undefined && form !== '');
  return [...new Set(forms as string[])].flatMap((form) => {
    const isHidden = form === snake && names.length > 1;
    const option = new ParameterOption(
      `${form} ${name === 'prompt' ? '<text or ->' : placeholderOf(schema)}`,
      description,
    )
      .helpGroup(INPUT_HEADING)
      .hideHelp(isHidden)
      .argParser((text: string, before: unknown) => readGiven(text, before, schema, name));
    option.values = (schema.type === 'boolean' ? [true, false] : schema.enum)?.map(String);
    if (schema.type !== 'boolean') return [option];
    const negation = new Option(form.replace(/--(?=[\w-]+$)/, '--no-')).hideHelp();
    return [option, negation];
  });
}

function readGiven(text: string, before: unknown, schema: PropertySchema, name: string): unknown {
  const value = readValue(text, schema, name);
  if (schema.type !== 'array' || Array.isArray(value)) return value;
  return [...(Array.isArray(before) ? before : []), value];
}

function readAssignment(text: string, properties: InputSchema['properties']): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as name=value, such as --set seed=4.');
  const name = text.slice(0, at);
  // The API names them with underscores, whatever the shell's habits.
  const known = [name, name.replaceAll('-', '_')].find((form) => Object.hasOwn(properties, form));
  const schema = known === undefined ? undefined : properties[known];
  const value = readValue(text.slice(at + 1), schema, known ?? name);
  return { [known ?? name]: schema?.type === 'array' && !Array.isArray(value) ? [value] : value };
}

function given(command: Command, parameters: Parameter[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const { name, schema, options } of parameters) {
    const keys = new Set(options.map((option) => option.attributeName()));
    const values = [...keys]
      .filter((key) => command.getOptionValueSource(key) === 'cli')
      .map((key) => command.getOptionValue(key));
    if (values.length > 0) input[name] = schema.type === 'array' ? values.flat() : values.at(-1);
  }
  return input;
}
