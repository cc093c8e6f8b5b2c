/** The model of a call and the input for it, as a submit and an estimate read them. */
import type { Catalog, Model } from '../catalog/model.ts';
import { type InputWarning, unknownFieldViolations } from '../catalog/unknown-fields.ts';
import { validateInput } from '../catalog/validate-input.ts';
import { errors, type Violation } from '../errors.ts';
import type { Call } from './call.ts';
import { unknownParameters } from './unknown-parameters.ts';

/** @throws 404 when there is no such model. */
export function findModel(catalog: Catalog, modelId: string): Model {
  const model = catalog.find(modelId);
  if (!model)
    throw errors.notFound(
      `There is no model ${JSON.stringify(modelId.slice(0, 200))}. GET /v1/models lists what there is.`,
    );
  return model;
}

/**
 * The body with its defaults, and what it has that the model does not know.
 * @param ofQuery what is wrong with the call besides
 * @throws 422 with everything that is wrong.
 */
export function readInput(
  request: Pick<Call, 'headers' | 'query' | 'body'>,
  model: Model,
  ofQuery: Violation[] = [],
): { input: Record<string, unknown>; warnings: InputWarning[] } {
  if (request.body === undefined)
    throw errors.invalidResourceIdentifier(
      'The body is empty. Send the input as JSON, with `Content-Type: application/json`.',
    );
  const checked = validateInput(model, request.body);
  const parameters = unknownParameters(request.query as object);
  const unknown = /\bhandling\s*=\s*"?strict\b/i.test(String(request.headers.prefer ?? ''))
    ? [...parameters.violations, ...unknownFieldViolations(checked.warnings)]
    : [];
  const violations = [...ofQuery, ...(checked.ok ? [] : checked.violations), ...unknown];
  if (!checked.ok || violations.length > 0) throw errors.validation(violations);
  return { input: checked.input, warnings: [...parameters.warnings, ...checked.warnings] };
}
