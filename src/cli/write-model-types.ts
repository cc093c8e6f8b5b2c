/** TypeScript for models' inputs and outputs, from their schemas as the API sends them. */
import type { Model, PropertySchema, ValueSchema } from '../client/index.ts';

export type DescribedModel = Pick<Model, 'model_id' | 'aliases' | 'kind' | 'display_name' | 'input_schema'>;

export interface ModelTypes {
  /** An exported interface for each input. */
  inputs: string;
  /** A member for each id and alias. */
  members: string[];
  /** Which types of the client these name. */
  named: string[];
}

/** Texts that come from elsewhere end up in comments and quotes, where they can do nothing. */
export function writeModelTypes(models: readonly DescribedModel[]): ModelTypes {
  const sorted = [...models].sort((one, other) => (one.model_id < other.model_id ? -1 : 1));
  const taken = new Set<string>();
  const inputs: string[] = [];
  const members: string[] = [];
  for (const model of sorted) {
    const inputName = unique(inputNameOf(model.model_id), taken);
    inputs.push(writeInput(inputName, model));
    const output = model.kind.endsWith('video') ? 'VideoOutput' : 'ImageOutput';
    for (const id of [model.model_id, ...(model.aliases ?? [])])
      members.push(`${quote(id)}: { input: ${inputName}; output: ${output} };`);
  }
  const text = [...inputs, ...members].join('\n');
  const named = ['ImageInput', 'ImageOutput', 'VideoOutput'].filter((type) =>
    new RegExp(`: .*\\b${type}\\b`).test(text),
  );
  return { inputs: inputs.join('\n'), members, named };
}

function writeInput(name: string, { model_id, display_name, input_schema }: DescribedModel): string {
  const required = new Set(input_schema?.required);
  const fields = Object.entries(input_schema?.properties ?? {}).map(([field, schema]) => {
    const optional = required.has(field) ? '' : '?';
    return `${comment(describe(field, schema, required.has(field)), '  ')}${member(`${key(field)}${optional}:`, typeOf(schema))}`;
  });
  return `${comment([`Input of ${display_name}, \`${model_id}\`.`])}export interface ${name} {\n${fields.join('\n')}\n}\n`;
}

const LINE_WIDTH = 110;

/** A long choice has a line for each of its members. */
function member(name: string, type: string): string {
  const line = `  ${name} ${type};`;
  if (line.length <= LINE_WIDTH || !type.includes(' | ') || type.endsWith('[]')) return line;
  return `  ${name}\n    | ${type.split(' | ').join('\n    | ')};`;
}

const TYPES: Record<string, string> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
};

function typeOf(schema: ValueSchema): string {
  if (schema.type === 'array') {
    const item = schema.items ? typeOf(schema.items) : 'unknown';
    return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
  }
  if (schema.enum) return schema.enum.map((value) => quote(value)).join(' | ');
  if (schema.format === 'image_uri') return 'ImageInput';
  return TYPES[schema.type] ?? 'unknown';
}

/** What the type cannot say. */
function describe(name: string, schema: PropertySchema, required: boolean): string[] {
  const bounds = [
    ['minItems', 'maxItems', 'items'],
    ['minimum', 'maximum', ''],
    ['minLength', 'maxLength', 'characters'],
  ] as const;
  const said = bounds.flatMap(([least, most, unit]) => {
    const [from, to] = [schema[least], schema[most]];
    if (from === undefined && to === undefined) return [];
    const range =
      to === undefined ? `At least ${from}` : from === undefined ? `At most ${to}` : `${from} to ${to}`;
    return [`${range}${unit && ` ${unit}`}.`];
  });
  const description = schema.description?.trim() ?? '';
  // What the schema of a required field, an array or a seed shows is an example: a seed that is absent is drawn at random.
  const fallback =
    !required && schema.default !== undefined && schema.type !== 'array' && name !== 'seed'
      ? [`@default ${JSON.stringify(schema.default)}`]
      : [];
  return [[description, ...said].filter((text) => text !== '').join(' '), ...fallback].filter(
    (line) => line !== '',
  );
}

function comment(lines: string[], indent = ''): string {
  const safe = lines.map((line) => line.replace(/\s+/g, ' ').replaceAll('*/', '*\\/'));
  if (safe.length === 0) return '';
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`;
  return `${indent}/**\n${safe.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

/** As the house style quotes. */
function quote(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const inside = JSON.stringify(String(value)).slice(1, -1);
  return `'${inside.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name));

/** `google/nano-banana-2/edit` → `GoogleNanoBanana2EditInput`. */
function inputNameOf(modelId: string): string {
  const words = modelId.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return `${/^[A-Za-z]/.test(name) ? '' : 'Model'}${name}Input`;
}

/** `wan-2.2` and `wan-22` have the same words. */
function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}${count}`;
  taken.add(free);
  return free;
}
