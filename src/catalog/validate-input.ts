import type { ValidateFunction } from 'ajv';
import type { Violation } from '../errors.ts';
import { describeAll } from './describe-violation.ts';
import { bounded, inputAjv, inputRules } from './input-rules.ts';
import type { Model, PropertySchema } from './model.ts';
import { type InputWarning, unknownFieldWarnings } from './unknown-fields.ts';

const MAX_VIOLATIONS = 50;

/** Absent, it is drawn at random and recorded; its default is what a form shows. */
const NEVER_FILLED = 'seed';

export type ValidatedInput =
  | { ok: true; input: Record<string, unknown>; warnings: InputWarning[] }
  | { ok: false; violations: Violation[]; warnings: InputWarning[] };

/**
 * Checks a submitted body against the model's input schema. The answer's `input` holds the model's own fields alone, in
 * the schema's order, absent ones filled with their defaults (but `seed`); nothing is coerced.
 */
export function validateInput(model: Model, body: unknown): ValidatedInput {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return {
      ok: false,
      violations: [{ loc: ['body'], msg: 'must be an object', type: 'type' }],
      warnings: [],
    };
  }
  const validator = validatorOf(model);
  const { known, complete, fields } = pickKnown(validator, body as Record<string, unknown>);
  const warnings = Object.keys(body).length > fields ? unknownFieldWarnings(body, validator.names) : [];
  if (complete && validator.accepts(known)) return { ok: true, input: fill(validator, known), warnings };
  return { ok: false, violations: violationsOf(validator, known), warnings };
}

interface InputValidator {
  properties: readonly (readonly [string, PropertySchema])[];
  names: ReadonlySet<string>;
  /** What fills an absent field. */
  defaults: ReadonlyMap<string, unknown>;
  /** Stops at the first mistake. */
  accepts: ValidateFunction;
  /** Finds all of them; only made when there is one. */
  explains(): ValidateFunction;
}

const validators = new WeakMap<Model, InputValidator>();

function validatorOf(model: Model): InputValidator {
  let validator = validators.get(model);
  if (!validator) {
    validator = createValidator(model);
    validators.set(model, validator);
  }
  return validator;
}

function createValidator({ inputSchema: { properties, required } }: Model): InputValidator {
  const entries = Object.entries(properties);
  const rules = inputRules(properties, required);
  let explains: ValidateFunction | undefined;
  return {
    properties: entries,
    names: new Set(entries.map(([name]) => name)),
    // A required field's default is the example of the documentation.
    defaults: new Map(
      entries
        .filter(
          ([name, property]) =>
            property.default !== undefined && !required.includes(name) && name !== NEVER_FILLED,
        )
        .map(([name, property]) => [name, property.default]),
    ),
    accepts: inputAjv({ everyViolation: false }).compile(rules),
    explains: () => {
      explains ??= inputAjv({ everyViolation: true }).compile(rules);
      return explains;
    },
  };
}

interface Picked {
  known: Record<string, unknown>;
  /** How many fields `known` has. */
  fields: number;
  /** Whether every value is whole; otherwise some are cut and certainly break a rule. */
  complete: boolean;
}

/** Own fields only: whatever `body` inherits or calls `__proto__` stays behind. */
function pickKnown(validator: InputValidator, body: Record<string, unknown>): Picked {
  const known: Record<string, unknown> = {};
  let complete = true;
  let fields = 0;
  for (const [name, property] of validator.properties) {
    if (!Object.hasOwn(body, name)) continue;
    const value = bounded(property, body[name]);
    if (value !== body[name]) complete = false;
    known[name] = value;
    fields += 1;
  }
  return { known, complete, fields };
}

function fill(validator: InputValidator, known: Record<string, unknown>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const name of validator.names) {
    if (Object.hasOwn(known, name)) input[name] = known[name];
    else if (validator.defaults.has(name)) input[name] = own(validator.defaults.get(name));
  }
  return input;
}

function violationsOf(validator: InputValidator, known: Record<string, unknown>): Violation[] {
  const explains = validator.explains();
  explains(known);
  const violations = describeAll(explains.errors ?? []).map(({ path, msg, type }) => ({
    loc: ['body', ...path],
    msg,
    type,
  }));
  if (violations.length <= MAX_VIOLATIONS) return violations;
  const rest = violations.length - MAX_VIOLATIONS;
  const note = {
    loc: ['body'],
    msg: `has at least ${rest} more mistakes than are listed`,
    type: 'too_many_violations',
  };
  return [...violations.slice(0, MAX_VIOLATIONS), note];
}

/** A list among the defaults is copied, so that nobody changes it for all; nearly all of them are plain values. */
function own(value: unknown): unknown {
  return typeof value === 'object' ? structuredClone(value) : value;
}
