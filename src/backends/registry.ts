/** The backends that are configured, and which of them runs a model. */
import type { Model } from '../catalog/model.ts';
import type { Backend } from './backend.ts';

export interface Choice {
  backend: Backend;
  upstreamModel: string;
  /** The queue its work waits in. */
  pool: string;
}

export interface BackendRegistry {
  /** Pools that have a backend here, for workers to serve. */
  readonly pools: readonly string[];
  /** The first candidate of `model` that is configured; undefined when nobody can run it. */
  choose(model: Model): Choice | undefined;
}

/**
 * @param backends by the name that model files call them
 * @param sandbox runs every model where it is on; it is never a silent stand-in for a configured backend
 */
export function createRegistry(backends: readonly Backend[], sandbox: Backend | undefined): BackendRegistry {
  const byName = new Map(backends.map((backend) => [backend.name, backend]));
  return {
    pools: [...byName.keys(), ...(sandbox ? [sandbox.name] : [])],
    choose(model) {
      for (const { backend: name, upstreamModel } of model.candidates) {
        const backend = byName.get(name);
        if (backend) return { backend, upstreamModel, pool: backend.name };
      }
      return sandbox && { backend: sandbox, upstreamModel: model.id, pool: sandbox.name };
    },
  };
}
