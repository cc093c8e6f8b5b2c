/** The operator's word on routing: one JSON file that overrides which backends run a model, and limits them. */
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import type { Candidate } from '../catalog/model.ts';

export interface BackendLimits {
  /** Calls at once, over all processes. */
  concurrency?: number;
  /** Calls a minute, over all processes. */
  requestsPerMinute?: number;
}

export interface Routing {
  /** Candidates by model id, or by a pattern with `*`; the first that fits wins. */
  models: readonly { pattern: string; candidates: readonly Candidate[] }[];
  limits: ReadonlyMap<string, BackendLimits>;
}

export const NO_ROUTING: Routing = { models: [], limits: new Map() };

/** What is wrong with the file, all at once. */
export class RoutingError extends Error {
  override name = 'RoutingError';
}

interface RoutingFile {
  models?: Record<string, { backend: string; upstream_model: string }[]>;
  backends?: Record<string, { concurrency?: number; requests_per_minute?: number }>;
}

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    models: {
      type: 'object',
      additionalProperties: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['backend', 'upstream_model'],
          properties: {
            backend: { type: 'string', minLength: 1 },
            upstream_model: { type: 'string', minLength: 1 },
          },
        },
      },
    },
    backends: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          concurrency: { type: 'integer', minimum: 1 },
          requests_per_minute: { type: 'integer', minimum: 1 },
        },
      },
    },
  },
};

/**
 * @param knownModels ids that a pattern must fit at least one of
 * @param knownBackends names that may stand in it
 * @throws {RoutingError} naming the place of every mistake.
 */
export async function readRouting(
  path: string,
  knownModels: readonly string[],
  knownBackends: readonly string[],
): Promise<Routing> {
  const file = parse(
    path,
    await readFile(path, 'utf8').catch((error) => fail(path, [(error as Error).message])),
  );
  const problems: string[] = [];
  const models = Object.entries(file.models ?? {}).map(([pattern, candidates]) => {
    if (!knownModels.some((id) => fits(pattern, id)))
      problems.push(`models.${pattern}: there is no such model`);
    for (const [index, { backend }] of candidates.entries())
      checkBackend(`models.${pattern}.${index}.backend`, backend);
    return {
      pattern,
      candidates: candidates.map(({ backend, upstream_model }) => ({
        backend,
        upstreamModel: upstream_model,
      })),
    };
  });
  const limits = new Map<string, BackendLimits>();
  for (const [backend, { concurrency, requests_per_minute }] of Object.entries(file.backends ?? {})) {
    checkBackend(`backends.${backend}`, backend);
    limits.set(backend, {
      ...(concurrency !== undefined && { concurrency }),
      ...(requests_per_minute !== undefined && { requestsPerMinute: requests_per_minute }),
    });
  }
  if (problems.length > 0) fail(path, problems);
  return { models, limits };

  function checkBackend(place: string, backend: string): void {
    if (!knownBackends.includes(backend))
      problems.push(
        `${place}: there is no backend ${JSON.stringify(backend)}; there are ${knownBackends.join(', ')}`,
      );
  }
}

function parse(path: string, text: string): RoutingFile {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    return fail(path, [(error as Error).message]);
  }
  const check = new Ajv({ allErrors: true }).compile<RoutingFile>(SCHEMA);
  if (check(file)) return file;
  return fail(
    path,
    check.errors!.map(
      ({ instancePath, message, params }) =>
        `${instancePath.slice(1).replaceAll('/', '.') || 'the file'} ${message}${'additionalProperty' in params ? `: ${params.additionalProperty}` : ''}`,
    ),
  );
}

function fail(path: string, problems: string[]): never {
  throw new RoutingError(
    `The routing file ${path} is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
  );
}

/** `*` stands for anything. */
export function fits(pattern: string, id: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(id);
}
