/** What stands in the query of a submit and means nothing: a misspelt `webhook` would never be missed. */
import {
  type InputWarning,
  unknownFieldViolations,
  unknownFieldWarnings,
} from '../catalog/unknown-fields.ts';
import type { Violation } from '../errors.ts';

const KNOWN: ReadonlySet<string> = new Set(['webhook', 'webhook_intermediate_status']);

/** As warnings, and as violations for callers who asked for strict handling. */
export function unknownParameters(query: object): { warnings: InputWarning[]; violations: Violation[] } {
  const found = unknownFieldWarnings(query, KNOWN);
  return {
    warnings: found.map(({ field, message }) => ({
      field: `?${field}`,
      message: message.replace('field', 'query parameter'),
    })),
    violations: unknownFieldViolations(found).map(({ loc, msg, type }) => ({
      loc: ['query', ...loc.slice(1)],
      msg: msg.replace('field', 'parameter'),
      type: type.replace('field', 'parameter'),
    })),
  };
}
