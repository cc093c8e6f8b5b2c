/**
 * Checks an input in the browser, as far as that needs no server: rjsf's own validator makes functions of text, which the page's
 * policy forbids. Models' schemas are flat and small (docs/models.md); what only the server can know, its estimate tells.
 */
import { type ErrorSchema, type RJSFSchema, toErrorList, type ValidatorType } from '@rjsf/utils';
import type { TFunction } from 'i18next';
import type { InputSchema, ValueSchema } from '../../../../client/index.ts';
import type { Input } from '../input.ts';

type Say = TFunction<'playground'>;

export function createValidator(t: Say): ValidatorType<Input, RJSFSchema> {
  const check = (schema: RJSFSchema, input: Input | undefined): ErrorSchema<Input> =>
    problemsOf(schema as unknown as InputSchema, input ?? {}, t);
  return {
    validateFormData: (input, schema) => {
      const errorSchema = check(schema, input);
      return { errors: toErrorList(errorSchema), errorSchema };
    },
    isValid: (schema, input) => Object.keys(check(schema, input)).length === 0,
    rawValidation: (schema, input) => ({ errors: toErrorList(check(schema, input)) as never[] }),
  };
}

function problemsOf({ properties = {}, required = [] }: Partial<InputSchema>, input: Input, t: Say) {
  const problems: ErrorSchema<Input> = {};
  for (const [name, property] of Object.entries(properties)) {
    const value = input[name];
    const isMissing = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
    const problem = isMissing
      ? required.includes(name) && t('problems.required')
      : problemOf(property, value, required.includes(name), t);
    if (problem) problems[name] = { __errors: [problem] };
  }
  return problems;
}

function problemOf(
  { type, enum: allowed, maxLength, minLength, minimum, maximum, minItems, maxItems }: ValueSchema,
  value: unknown,
  required: boolean,
  t: Say,
): string | undefined {
  if (allowed) return allowed.includes(value as string) ? undefined : t('problems.choose');
  switch (type) {
    case 'string': {
      if (typeof value !== 'string') return t('problems.choose');
      const length = lengthOf(value);
      if (required && value.trim() === '') return t('problems.required');
      if (maxLength !== undefined && length > maxLength) return t('problems.maxLength', { count: maxLength });
      if (minLength !== undefined && length < minLength) return t('problems.minLength', { count: minLength });
      return undefined;
    }
    case 'integer':
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return t('problems.number');
      if (type === 'integer' && !Number.isSafeInteger(value)) return t('problems.integer');
      if (minimum !== undefined && value < minimum) return t('problems.minimum', { limit: minimum });
      if (maximum !== undefined && value > maximum) return t('problems.maximum', { limit: maximum });
      return undefined;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : t('problems.choose');
    case 'array': {
      if (!Array.isArray(value)) return t('problems.choose');
      const { length } = value;
      if (minItems !== undefined && length < minItems) return t('problems.minItems', { count: minItems });
      if (maxItems !== undefined && length > maxItems) return t('problems.maxItems', { count: maxItems });
      return undefined;
    }
  }
}

/** As JSON Schema counts, and the server: an emoji is one. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}
