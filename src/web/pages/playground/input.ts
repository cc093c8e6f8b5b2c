/** The input of a model as the form holds it, and as a call sends it. */
import type { InputSchema, PropertySchema } from '../../../client/index.ts';

export type Input = Record<string, unknown>;

/** Of a picture that is on its way to the server; stands in its place among the URLs. */
const PENDING = 'upload:';
export const pendingUpload = (id: number): string => `${PENDING}${id}`;
export const isPending = (url: unknown): boolean => typeof url === 'string' && url.startsWith(PENDING);

/** Where something can be filled in by itself. A required field's default is an example, and an absent seed is a random one. */
export function defaultsOf({ properties, required }: InputSchema): Input {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, { default: value }]) =>
      value === undefined || required.includes(name) || name === 'seed' ? [] : [[name, value]],
    ),
  );
}

/** The texts that the documentation shows for required fields, by field. */
export function examplesOf({ properties, required }: InputSchema): Record<string, string | undefined> {
  return Object.fromEntries(
    required.flatMap((name) => {
      const example = properties[name]?.default;
      return typeof example === 'string' ? [[name, example]] : [];
    }),
  );
}

/** What a call has to say: what was filled in, in the schema's order, but what the server fills in the same way. */
export function callInput(schema: InputSchema, input: Input): Input {
  const defaults = defaultsOf(schema);
  return Object.fromEntries(
    Object.keys(schema.properties).flatMap((name) => {
      const value = settled(input[name]);
      if (value === undefined) return [];
      const isSaid = value !== '' && !isEmptyList(value) && !isSame(value, defaults[name]);
      return isSaid || schema.required.includes(name) ? [[name, value]] : [];
    }),
  );
}

/** Whether every required field has something; what it has may still be wrong. */
export const isFilled = (schema: InputSchema, input: Input): boolean =>
  schema.required.every((name) => {
    const value = settled(input[name]);
    return value !== undefined && !isEmptyList(value) && !(typeof value === 'string' && value.trim() === '');
  });

/** What is still missing becomes the documentation's example: there is a price, and a call, before anything is written. */
export function withExamples(schema: InputSchema, input: Input): Input {
  const said = callInput(schema, input);
  for (const name of schema.required)
    if (!isFilled({ ...schema, required: [name] }, said)) {
      const value = exampleValue(schema.properties[name]);
      if (value !== undefined) said[name] = value;
    }
  return said;
}

const PICTURE = 'https://example.com/picture.png';

function exampleValue(property: PropertySchema | undefined): unknown {
  if (!property) return undefined;
  if (property.default !== undefined) return property.default;
  if (property.type === 'array')
    return Array(property.minItems || 1).fill(
      isImages(property) ? PICTURE : (property.items?.enum?.[0] ?? '…'),
    );
  if (isImages(property)) return PICTURE;
  return property.enum?.[0] ?? (property.type === 'string' ? '…' : property.minimum);
}

/** Names of the fields that hold pictures. */
export const imageFields = ({ properties }: InputSchema): string[] =>
  Object.keys(properties).filter((name) => isImages(properties[name]!));

/** Whether a field takes one picture or several. */
export const isImages = ({ format, items }: PropertySchema): boolean =>
  (items?.format ?? format) === 'image_uri';

/** Without what is still on its way. */
export function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isPending(item));
  return isPending(value) ? undefined : value;
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
