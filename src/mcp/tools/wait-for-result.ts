/** Waits for a request, but not longer than the caller's client would. */
import {
  type CompletedResult,
  type Darkroom,
  RequestCancelledError,
  RequestFailedError,
  type Result,
  TimeoutError,
} from '../../client/index.ts';
import type { Call, ToolContext } from '../context.ts';
import { reportProgress } from '../progress.ts';

/** @returns its result, or undefined when it has not ended after `seconds`. @throws when it failed or was cancelled. */
export async function waitForResult(
  { darkroom }: Pick<ToolContext, 'darkroom'>,
  requestId: string,
  seconds: number,
  call: Call,
): Promise<CompletedResult | undefined> {
  using progress = reportProgress(call);
  try {
    return await darkroom.wait(requestId, {
      timeout: seconds * 1000,
      signal: call.signal,
      includeCost: true,
      onUpdate: (update) => progress.update(update),
    });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    // It may have ended long ago, and there was no time to see it.
    return resultNow(darkroom, requestId, call.signal);
  }
}

async function resultNow(
  darkroom: Darkroom,
  requestId: string,
  signal: AbortSignal,
): Promise<CompletedResult | undefined> {
  const result = await darkroom.result(requestId, { includeCost: true, signal });
  if (result.status === 'failed') throw new RequestFailedError(result);
  if (result.status === 'cancelled') throw new RequestCancelledError(result);
  return isCompleted(result) ? result : undefined;
}

const isCompleted = (result: Result): result is CompletedResult =>
  result.status === 'completed' && result.output !== undefined;
