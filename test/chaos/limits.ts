/** How the cluster is set up, where others have to know of it. */
import { costOf } from '../../src/backends/gemini/prices.ts';

export const APIS: readonly string[] = ['api-1', 'api-2'];
export const WORKERS: readonly string[] = ['worker-1', 'worker-2', 'worker-3'];

/** How long a run may take: longer than any fault, shorter than clocks are wrong. */
export const REQUEST_TIMEOUT_SECONDS = 90;
/** Calls that the upstream may get at once, from all workers. */
export const UPSTREAM_CONCURRENCY = 12;
export const UPSTREAM_MODEL = 'gemini-3.1-flash-image';

/** What the upstream tells of a picture with so many input images: a little less than the list price, which is what is reserved. */
export const tokensOf = (inputs: number) => ({
  promptTokenCount: 8 + inputs * 258,
  candidatesTokenCount: 735,
  thoughtsTokenCount: 210,
});

/** What it costs by that, in millionths of a USD. */
export const pictureCost = (inputs: number): number =>
  Math.round(1e6 * costOf(UPSTREAM_MODEL, tokensOf(inputs))!);
