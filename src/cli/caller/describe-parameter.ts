/** What `--help` says about a parameter of a model. */
import type { PropertySchema, ValueSchema } from '../../client/index.ts';
import { oneLine } from '../printable.ts';
import { takesFiles } from './flag-values.ts';

/** `<integer>`; square brackets where the flag alone says true. */
export function placeholderOf(schema: PropertySchema): string {
  if (schema.type === 'boolean') return '[true|false]';
  if (schema.type === 'array') return `<${wordOf(schema.items)}...>`;
  return `<${wordOf(schema)}>`;
}

function wordOf(schema: ValueSchema | undefined): string {
  if (!schema) return 'value';
  if (takesFiles(schema, '')) return 'file or URL';
  if (schema.enum) return 'choice';
  const words: Record<string, string> = { string: 'text', integer: 'integer', number: 'number' };
  return words[schema.type] ?? 'JSON';
}

/** Its text, then what is allowed: `(1 to 4; default 1)`. */
export function describeParameter(name: string, schema: PropertySchema, isRequired: boolean): string {
  const facts = [
    isRequired ? 'required' : undefined,
    ...boundsOf(schema),
    // A required one's default is an example, and a seed that is absent is drawn at random.
    isRequired || schema.default === undefined || schema.type === 'array'
      ? undefined
      : name === 'seed'
        ? 'random by default'
        : `default ${shown(schema.default)}`,
  ].filter((fact) => fact !== undefined);
  const text = oneLine(schema.description || schema.title || '');
  return facts.length === 0 ? text : `${text} (${facts.join('; ')})`.trim();
}

function boundsOf(schema: PropertySchema): string[] {
  if (schema.enum) return [schema.enum.map(shown).join(', ')];
  return [
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(schema.minItems, schema.maxItems, ''),
  ].filter((bounds) => bounds !== undefined);
}

function range(from: number | undefined, to: number | undefined, unit: string): string | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (to === undefined) return `at least ${from}${unit}`;
  return from === undefined ? `at most ${to}${unit}` : `${from} to ${to}${unit}`;
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
