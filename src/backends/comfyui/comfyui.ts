/** Runs rounds as prompts of one's own ComfyUI servers. */
import { type Backend, BackendError, type Capabilities, type Round, type RoundContext } from '../backend.ts';
import { findOrPost, takeUp } from './find-prompt.ts';
import { describeHealth } from './health.ts';
import { createPool } from './pool.ts';
import type { Work } from './run-prompt.ts';
import { TIMINGS, type Timings } from './timings.ts';
import type { Workflow } from './workflow.ts';

export interface ComfyUiOptions {
  /** Addresses; user and password in them are sent as Basic credentials. */
  servers: readonly string[];
  /** By upstream model. */
  workflows: ReadonlyMap<string, Workflow>;
  /** The largest output that is taken. */
  maxOutputBytes?: number;
  timings?: Partial<Timings>;
}

const MAX_OUTPUT_BYTES = 128 * 2 ** 20;

/** @throws {TypeError} for an address that is none. */
export function createComfyUiBackend(options: ComfyUiOptions): Backend {
  const timings = { ...TIMINGS, ...options.timings };
  const pool = createPool(options.servers, timings);
  const { workflows, maxOutputBytes = MAX_OUTPUT_BYTES } = options;
  const shared = { pool, timings, maxOutputBytes };
  const workOn = (round: Round, context: RoundContext): Work => {
    const workflow = workflows.get(round.upstreamModel);
    if (!workflow) throw new BackendError('model_unavailable', 'This model has no workflow for ComfyUI.');
    const most = workflow.bindings.images.length;
    if (round.images.length > most)
      throw new BackendError('invalid_request', `This model takes at most ${most} input images.`);
    const look = { signal: context.signal, timeoutMs: timings.callTimeoutMs };
    return { ...shared, workflow, round, context, look, log: context.log };
  };
  return {
    name: 'comfyui',
    capabilities: (upstreamModel) => capabilitiesOf(workflows.get(upstreamModel)),
    generate: async (round, context) => findOrPost(workOn(round, context)),
    resume: async (reference, round, context) => takeUp(workOn(round, context), reference, workflows),
    health: (signal) =>
      describeHealth(pool, [...workflows.values()], { signal, timeoutMs: timings.callTimeoutMs }),
  };
}

function capabilitiesOf(workflow: Workflow | undefined): Capabilities {
  return {
    maxInputImages: workflow?.bindings.images.length ?? 0,
    inputContentTypes: ['image/png', 'image/jpeg', 'image/webp'],
    // The same seed on another GPU is nearly the same picture.
    seed: workflow?.bindings.values.has('seed') ? 'best-effort' : 'none',
    reportsProgress: (workflow?.bindings.progress.length ?? 0) > 0,
  };
}
