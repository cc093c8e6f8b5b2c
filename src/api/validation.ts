/** How what a call brings is held to its endpoint's schema, for all endpoints. */
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import { textProblem } from '../catalog/text-problem.ts';

/** Bodies are taken as they are; what comes in a URL is text, and read as the type it is meant to be. */
export function useValidation(server: FastifyInstance): void {
  const strict = validator({ coerceTypes: false });
  const reading = validator({ coerceTypes: true });
  server.setValidatorCompiler(({ schema, httpPart }) =>
    compiledWhenCalled(httpPart === 'body' ? strict : reading, schema as object),
  );
  // Answers are small and built by hand: the schemas describe them, and must not drop anything.
  server.setSerializerCompiler(() => JSON.stringify);
}

type Validate = ReturnType<FastifySchemaCompiler<unknown>>;

/** Compiling all of them takes a noticeable part of a start, and most processes are asked for a few. */
function compiledWhenCalled(ajv: Ajv, schema: object): Validate {
  let compiled: ValidateFunction | undefined;
  const validate: Validate = (data) => {
    compiled ??= ajv.compile(schema);
    const valid = compiled(data);
    validate.errors = compiled.errors ?? null;
    return valid;
  };
  return validate;
}

function validator(options: { coerceTypes: boolean }): Ajv {
  const ajv = addFormats.default(new Ajv({ allErrors: true, strict: false, useDefaults: true, ...options }));
  // What the database cannot store, and a terminal should not be shown.
  return ajv.addFormat('text', (value: string) => textProblem(value) === undefined);
}
