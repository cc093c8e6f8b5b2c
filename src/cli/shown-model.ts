import type { Model } from '../client/index.ts';
import { describeParameter, placeholderOf } from './caller/describe-parameter.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

/** A model in words: what it is, what it costs, what it takes. */
export function showModel(model: Omit<Model, 'available' | 'model_url'> & { available?: boolean }): void {
  const { model_id, display_name, description, pricing_note, aliases = [], input_schema, available } = model;
  const lines = [
    `${model_id}   ${display_name}`,
    description,
    pricing_note,
    aliases.length > 0 ? `Also called ${aliases.join(', ')}.` : '',
    available === false ? 'No backend of this server can run it.' : '',
  ];
  process.stdout.write(`${printable(lines.filter(Boolean).join('\n'))}\n\n`);
  const { properties = {}, required = [] } = input_schema ?? {};
  const rows = Object.entries(properties).map(([name, schema]) => [
    name,
    placeholderOf(schema).slice(1, -1),
    describeParameter(name, schema, required.includes(name)),
  ]);
  process.stdout.write(table(['PARAMETER', 'TAKES', 'MEANING'], rows));
}
