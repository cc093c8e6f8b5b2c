/** From a model's input schema to the rules that are enforced: the schema's own, and what holds for every text. */
import { Ajv } from 'ajv';
import { imageUriProblem } from './image-uri.ts';
import type { JsonSchema, PropertySchema, ValueSchema } from './model.ts';
import { requiredTextProblem, type TextProblem, textProblem } from './text-problem.ts';

/** For texts whose schema has no `maxLength`: more is a mistake or an attack, and every prompt is stored. */
const DEFAULT_MAX_LENGTH = 32_000;

export const TEXT_FORMATS: Readonly<Record<string, (value: string) => TextProblem | undefined>> = {
  image_uri: imageUriProblem,
  text: textProblem,
  required_text: requiredTextProblem,
};

const made = new Map<boolean, Ajv>();

/**
 * An Ajv that coerces nothing and knows the formats above; `everyViolation` is for messages, not for speed. One for all models, since
 * making one takes longer than compiling what a model needs.
 */
export function inputAjv({ everyViolation }: { everyViolation: boolean }): Ajv {
  const ajv = made.get(everyViolation) ?? createAjv(everyViolation);
  made.set(everyViolation, ajv);
  return ajv;
}

function createAjv(everyViolation: boolean): Ajv {
  const ajv = new Ajv({
    allErrors: everyViolation,
    verbose: everyViolation,
    discriminator: true,
    ownProperties: true,
    strict: true,
    // `type` is required beside a discriminator, where the properties are in the branches.
    strictRequired: false,
  });
  for (const [name, problem] of Object.entries(TEXT_FORMATS)) {
    ajv.addFormat(name, { type: 'string', validate: (value: string) => problem(value) === undefined });
  }
  return ajv;
}

/** The JSON Schema an object of some of a model's fields must meet. */
export function inputRules(
  properties: Readonly<Record<string, PropertySchema>>,
  required: readonly string[],
): JsonSchema {
  const rules = Object.entries(properties).map(([name, property]) => [
    name,
    propertyRules(property, required.includes(name)),
  ]);
  return { type: 'object', required, properties: Object.fromEntries(rules) };
}

function propertyRules(property: PropertySchema, required: boolean): JsonSchema {
  if (property.type !== 'array') return valueRules(property, required);
  const { minItems = 0, maxItems, items } = property;
  return { type: 'array', minItems, maxItems, items: valueRules(items, required) };
}

function valueRules(value: ValueSchema, required: boolean): JsonSchema {
  if (value.enum) return { type: value.type, enum: value.enum };
  switch (value.type) {
    case 'string':
      if (value.format) return { type: 'string', format: value.format };
      return {
        type: 'string',
        minLength: value.minLength ?? 0,
        maxLength: maxLengthOf(value),
        format: required ? 'required_text' : 'text',
      };
    case 'integer':
      return {
        type: 'integer',
        // Past these JSON.parse has already rounded: what we would run is not what was asked.
        minimum: value.minimum ?? Number.MIN_SAFE_INTEGER,
        maximum: value.maximum ?? Number.MAX_SAFE_INTEGER,
      };
    case 'number':
      return {
        type: 'number',
        minimum: value.minimum ?? -Number.MAX_VALUE,
        maximum: value.maximum ?? Number.MAX_VALUE,
      };
    case 'boolean':
      return { type: 'boolean' };
  }
}

function maxLengthOf(value: ValueSchema): number {
  return value.maxLength ?? DEFAULT_MAX_LENGTH;
}

/**
 * `value` itself, or where it is far past the rules a piece of it that is still past them: a megabyte of text or a
 * million items end in one violation without being walked.
 */
export function bounded(property: PropertySchema, value: unknown): unknown {
  if (property.type !== 'array') return boundedText(property, value);
  if (!Array.isArray(value)) return value;
  const items = value.length > property.maxItems ? value.slice(0, property.maxItems + 1) : value;
  const texts = items.map((item) => boundedText(property.items, item));
  return items !== value || texts.some((text, index) => text !== items[index]) ? texts : value;
}

function boundedText(schema: ValueSchema, value: unknown): unknown {
  if (typeof value !== 'string' || schema.type !== 'string' || schema.enum || schema.format) return value;
  // maxLength counts code points, of which each takes at most two of these units.
  const maxUnits = 2 * maxLengthOf(schema);
  if (value.length <= maxUnits + 1) return value;
  const cutsAPair = (value.codePointAt(maxUnits) ?? 0) > 0xffff;
  return value.slice(0, cutsAPair ? maxUnits + 2 : maxUnits + 1);
}
