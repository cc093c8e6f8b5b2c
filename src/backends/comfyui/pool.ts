/** Several servers: those that answer, the one with the least to do first; one that is dead rests a while. */
import { BackendError } from '../backend.ts';
import { type Server, serverAt, Unreachable } from './http.ts';
import { type LookOptions, queueLength } from './jobs.ts';
import { missingAt } from './readiness.ts';
import type { Workflow } from './workflow.ts';

export interface Answering {
  server: Server;
  /** Prompts that run and wait there, as it told. */
  queued: number;
}

export interface Pool {
  readonly servers: readonly Server[];
  find(name: string): Server | undefined;
  /** Those that answer now. @throws {BackendError} when there is none; the signal's reason. */
  answering(options: LookOptions): Promise<Answering[]>;
  /** What `server` lacks for `workflow`, in words; known for a while. @throws as `missingAt`. */
  missing(server: Server, workflow: Workflow, options: LookOptions): Promise<readonly string[]>;
  /** Forgets what was known, after a server turned out to lack something. */
  forget(server: Server, workflow: Workflow): void;
  /** The one with the least to do, which has one more to do until this is disposed. */
  take(able: readonly Answering[]): { server: Server } & Disposable;
  rest(server: Server): void;
  isResting(server: Server): boolean;
}

export interface PoolOptions {
  /** The first rest; each further failure in a row doubles it, up to 32 times. */
  restMs: number;
  /** How long an inventory is believed. One that lacks something is asked for again soon: somebody may be mending it. */
  completeForMs: number;
  incompleteForMs: number;
}

/** @throws {TypeError} for an address that is none. */
export function createPool(addresses: readonly string[], options: PoolOptions): Pool {
  const servers = addresses.map(serverAt);
  const resting = new Map<Server, { failures: number; untilMs: number }>();
  const inventories = new Map<string, { missing: readonly string[]; untilMs: number }>();
  const working = new Map<Server, number>();
  const keyOf = (server: Server, workflow: Workflow): string => `${workflow.upstreamModel} ${server.name}`;

  const pool: Pool = {
    servers,
    find: (name) => servers.find((server) => server.name === name),

    async answering(look) {
      const awake = servers.filter((server) => !pool.isResting(server));
      const asked = awake.length > 0 ? awake : servers;
      const errors: unknown[] = [];
      const answers = await Promise.all(
        asked.map(async (server): Promise<Answering | undefined> => {
          try {
            const queued = await queueLength(server, look);
            resting.delete(server);
            return { server, queued };
          } catch (error) {
            look.signal.throwIfAborted();
            errors.push(error);
            pool.rest(server);
            return undefined;
          }
        }),
      );
      const found = answers.filter((answer) => answer !== undefined);
      if (found.length > 0) return found;
      throw (
        errors.find((error) => error instanceof BackendError) ??
        new BackendError('unavailable', 'No ComfyUI server answers.', { cause: errors[0] })
      );
    },

    async missing(server, workflow, look) {
      const known = inventories.get(keyOf(server, workflow));
      if (known && known.untilMs > performance.now()) return known.missing;
      const missing = await missingAt(server, workflow, look);
      const forMs = missing.length === 0 ? options.completeForMs : options.incompleteForMs;
      inventories.set(keyOf(server, workflow), { missing, untilMs: performance.now() + forMs });
      return missing;
    },

    forget: (server, workflow) => void inventories.delete(keyOf(server, workflow)),

    take(able) {
      // What a server told may be older than what we gave it since.
      const load = ({ server, queued }: Answering): number => Math.max(queued, working.get(server) ?? 0);
      const { server } = able.reduce((best, one) => (load(one) < load(best) ? one : best));
      working.set(server, (working.get(server) ?? 0) + 1);
      return {
        server,
        [Symbol.dispose]: () => void working.set(server, (working.get(server) ?? 1) - 1),
      };
    },

    rest(server) {
      const failures = Math.min(6, (resting.get(server)?.failures ?? 0) + 1);
      resting.set(server, { failures, untilMs: performance.now() + options.restMs * 2 ** (failures - 1) });
    },

    isResting: (server) => (resting.get(server)?.untilMs ?? 0) > performance.now(),
  };
  return pool;
}

/** Of `answering`, those that have what `workflow` needs. @throws {BackendError} when there is none. */
export async function ableFor(
  pool: Pool,
  answering: readonly Answering[],
  workflow: Workflow,
  look: LookOptions,
  tell: (server: Server, missing: readonly string[]) => void,
): Promise<Answering[]> {
  const lacking = await Promise.all(
    answering.map(({ server }) =>
      pool.missing(server, workflow, look).catch((error: unknown) => {
        if (!(error instanceof Unreachable)) throw error;
        pool.rest(server);
        return undefined;
      }),
    ),
  );
  const able = answering.filter((_, index) => lacking[index]?.length === 0);
  for (const [index, { server }] of answering.entries()) {
    const missing = lacking[index];
    if (missing && missing.length > 0) tell(server, missing);
  }
  if (able.length > 0) return able;
  if (lacking.every((missing) => missing === undefined))
    throw new BackendError('unavailable', 'No ComfyUI server answers.');
  throw new BackendError('model_unavailable', 'No ComfyUI server has all that this model needs.');
}
