/** The backends that are configured, and which of them run a model, in which order. */

import type { Candidate } from '../catalog/model.ts';
import type { Backend } from './backend.ts';
import { ALWAYS_CLOSED, type Breaker, createBreaker } from './breaker.ts';
import { fits, NO_ROUTING, type Routing } from './routing.ts';

export interface Choice {
  backend: Backend;
  upstreamModel: string;
  breaker: Breaker;
  /** The queue its work waits in. */
  pool: string;
}

/** What routing needs to know of a model. */
interface Routable {
  id: string;
  kind: string;
  candidates: readonly Candidate[];
}

export interface BackendRegistry {
  /** Those that are configured. */
  readonly backends: readonly Backend[];
  /** Pools that have a backend here, for workers to serve. */
  readonly pools: readonly string[];
  /** The candidates of `model` that are configured, best first; empty when nobody can run it. */
  candidates(model: Routable): readonly Choice[];
  breakerOf(backend: string): Breaker;
  /** What to set so that somebody can run `model`. */
  settingsFor(model: Routable): string[];
}

/** The settings that switch a backend on. */
const SETTINGS: Record<string, string[]> = {
  gemini: ['GEMINI_API_KEY'],
  comfyui: ['COMFYUI_URL'],
  openai: ['OPENAI_API_KEY', 'OPENAI_BASE_URL'],
  sandbox: ['DARKROOM_SANDBOX=on'],
};

/**
 * @param backends by the name that model files call them
 * @param sandbox runs the models that have no other candidate here; never a silent stand-in for a configured backend
 */
export function createRegistry(
  backends: readonly Backend[],
  sandbox: Backend | undefined,
  routing: Routing = NO_ROUTING,
): BackendRegistry {
  const all = [...backends, ...(sandbox ? [sandbox] : [])];
  const byName = new Map(all.map((backend) => [backend.name, backend]));
  // The sandbox fails on purpose: that one caller asks for failures must not close it to the others.
  const breakers = new Map(
    all.map((backend) => [backend.name, backend === sandbox ? ALWAYS_CLOSED : createBreaker()]),
  );
  const known = new Map<string, readonly Choice[]>();

  const routed = (model: Routable): readonly Candidate[] =>
    routing.models.find(({ pattern }) => fits(pattern, model.id))?.candidates ?? model.candidates;

  function choose(model: Routable): readonly Choice[] {
    const choices = routed(model).flatMap(({ backend: name, upstreamModel }) => {
      const backend = byName.get(name);
      return backend ? [{ backend, upstreamModel, breaker: breakers.get(name)!, pool: name }] : [];
    });
    // The sandbox draws pictures, no videos.
    if (choices.length > 0 || !sandbox || !model.kind.endsWith('-to-image')) return choices;
    return [
      { backend: sandbox, upstreamModel: model.id, breaker: breakers.get(sandbox.name)!, pool: sandbox.name },
    ];
  }

  return {
    backends: all,
    pools: [...byName.keys()],
    candidates(model) {
      const choices = known.get(model.id) ?? choose(model);
      known.set(model.id, choices);
      return choices;
    },
    breakerOf: (backend) => breakers.get(backend)!,
    settingsFor: (model) => [...new Set(routed(model).flatMap(({ backend }) => SETTINGS[backend] ?? []))],
  };
}
