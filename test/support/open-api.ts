/** The API's own description, and answers held against it. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type Answer, call } from './api.ts';
import type { TestServer } from './server.ts';

interface Operation {
  operationId: string;
  security?: unknown[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
export interface Description {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, unknown>> };
}

export const describeApi = async (server: Pick<TestServer, 'url' | 'key'>): Promise<Description> =>
  (await call(server, '/openapi.json', { key: null })).body;

/** `GET /v1/requests/{id}/status 200`, for every operation and status that is described. */
export const describedAnswers = ({ paths }: Description): string[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
    ),
  );

/**
 * Holds answers against a description, with every object closed: a field that is sent and not described is as wrong as
 * one that is described and not sent.
 */
export function createAnswerChecker(description: Description): {
  /** @returns what is wrong with `answer` to a call of `path`, which is a template as in the description. */
  check(method: string, path: string, answer: Answer): string[];
  /** The same of a value and one of the schemas that the description names. */
  checkNamed(name: string, value: unknown): string[];
} {
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
  for (const format of ['image_uri', 'text']) ajv.addFormat(format, true);
  ajv.addSchema({ $id: 'api', components: closed(description.components) as object });
  const compiled = new Map<object, ValidateFunction>();
  const validatorOf = (schema: object): ValidateFunction => {
    const known = compiled.get(schema) ?? ajv.compile(absolute(closed(schema)) as object);
    compiled.set(schema, known);
    return known;
  };

  const mistakes = (schema: object, value: unknown): string[] => {
    const validate = validatorOf(schema);
    return validate(value)
      ? []
      : validate.errors!.map(
          ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
        );
  };

  return {
    checkNamed: (name, value) => mistakes(description.components.schemas[name]!, value),
    check(method, path, { status, headers, body }) {
      const response = description.paths[path]?.[method.toLowerCase()]?.responses[status];
      if (!response) return [`${method} ${path} ${status} is not described`];
      const type = headers.get('content-type')?.split(';')[0];
      if (!response.content)
        return body === '' ? [] : [`${method} ${path} ${status} has a body that is not described`];
      const schema = (response.content[type ?? ''] ?? response.content[`${type?.split('/')[0]}/*`])?.schema;
      if (!schema) return [`${method} ${path} ${status} is ${type}, which is not described`];
      return mistakes(schema, body).map((mistake) => `${method} ${path} ${status}: ${mistake}`);
    },
  };
}

/** No object may have more than is described, unless it says so. */
function closed(schema: unknown, isPart = false): unknown {
  if (Array.isArray(schema)) return schema.map((one) => closed(one, isPart));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value, key === 'allOf')]);
  const made = Object.fromEntries(entries) as Record<string, unknown>;
  const isObject = made.type === 'object' || made.allOf !== undefined;
  if (isObject && !isPart && made.additionalProperties === undefined) made.unevaluatedProperties = false;
  return made;
}

/** References of the document, from a schema that stands outside of it. */
function absolute(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/'));
}
