/** What a schema finds wrong with a call, in the words of our errors. */
import type { Violation } from '../errors.ts';

export interface SchemaError {
  instancePath?: string;
  keyword?: string;
  message?: string;
  params?: Record<string, unknown>;
}

/** The framework's names for the parts of a call, and ours. */
const PARTS: Record<string, string> = { querystring: 'query', params: 'path', headers: 'header' };

/** @param part as the framework calls it */
export function describeValidation(found: readonly SchemaError[], part: string): Violation[] {
  const violations = found.map((error) => describe(PARTS[part] ?? part, error));
  const places = Map.groupBy(violations, ({ loc }) => loc.join('/'));
  return [...places.values()].flatMap(withAlternativesJoined);
}

/** Of a value that may be one thing or another, one violation: `must be a number or null`. */
function withAlternativesJoined(violations: Violation[]): Violation[] {
  const union = violations.find(({ type }) => type === 'anyOf');
  if (!union) return violations;
  const [first, ...rest] = [
    ...new Set(violations.filter((violation) => violation !== union).map(({ msg }) => msg)),
  ];
  if (first === undefined) return [union];
  return [{ ...union, msg: [first, ...rest.map((msg) => msg.replace(/^must be /, ''))].join(' or ') }];
}

const FORMATS: Record<string, string> = {
  'date-time': 'must be a time such as 2026-01-31T12:00:00Z',
  date: 'must be a date',
  text: 'must be well-formed Unicode without control characters',
};

function describe(
  part: string,
  { instancePath = '', keyword = 'invalid', message = 'is invalid', params = {} }: SchemaError,
): Violation {
  const loc = [part, ...placeOf(instancePath)];
  if (keyword === 'required')
    return { loc: [...loc, String(params.missingProperty)], msg: 'is required', type: keyword };
  if (keyword === 'additionalProperties')
    return {
      loc: [...loc, String(params.additionalProperty)],
      msg: 'is not a known field',
      type: 'unknown_field',
    };
  return { loc, msg: wordsOf(params) ?? message, type: keyword };
}

function wordsOf(params: Record<string, unknown>): string | undefined {
  if (Array.isArray(params.allowedValues)) return `must be one of ${params.allowedValues.join(', ')}`;
  return FORMATS[String(params.format)];
}

const placeOf = (instancePath: string): string[] =>
  instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
