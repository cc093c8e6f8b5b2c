/** Waiting for a request that was submitted. */
import type { Darkroom, Result } from '../../client/index.ts';
import { showProgress } from './progress.ts';
import type { StatusLine } from './status-line.ts';

const GOES_ON: readonly string[] = ['in_queue', 'in_progress'];

/**
 * Shows on `line` how the request goes on, until it has ended. The result is read once only: that of a synchronous one can be had
 * but once.
 */
export async function follow(
  darkroom: Darkroom,
  requestId: string,
  line: StatusLine,
  signal: AbortSignal,
): Promise<Result> {
  const onUpdate = showProgress(line);
  for (;;) {
    for await (const update of darkroom.subscribe(requestId, { signal })) onUpdate(update);
    line.flash('fetching the result');
    const result = await darkroom.result(requestId, { includeCost: true, signal });
    if (!GOES_ON.includes(result.status)) return result;
    // What tells of changes and what has the result need not be the same process.
  }
}
