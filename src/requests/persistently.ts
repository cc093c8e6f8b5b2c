/** Keeps what has been paid for through an outage: a write that finds the database or the store gone is tried again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../db/database.ts';
import { StoreUnavailable } from '../files/store.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 3000;

const isOutage = (error: unknown): boolean => isUnavailable(error) || error instanceof StoreUnavailable;

/**
 * Repeats `work` while it fails because something is unavailable; `work` must be safe to repeat.
 * @throws what `work` throws otherwise, or its last failure once `signal` is aborted.
 */
export async function persistently<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal,
  mayPass: (error: unknown) => boolean = isOutage,
): Promise<Result> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      await sleep(delayMs, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
