/** Waiting for a request to change, for many callers at once. */
import type { Notifications } from '../db/notifications.ts';

/** A notification may be lost; who waits looks again by itself this often. */
const LOOK_AGAIN_MS = 2000;

export interface Watcher extends Disposable {
  /** Resolves when `requestId` may have changed, after `ms`, when `signal` aborts, and from time to time. */
  change(requestId: string, ms: number, signal: AbortSignal): Promise<void>;
  /** Nobody is to wait any longer: the process is about to end. */
  readonly closed: boolean;
}

export function createWatcher(notifications: Notifications): Watcher {
  const waiting = new Map<string, Set<() => void>>();
  let closed = false;
  const wake = (ids: string[]): void => {
    for (const id of ids) for (const resolve of [...(waiting.get(id) ?? [])]) resolve();
  };
  const unsubscribe = [
    notifications.subscribe('requests', wake),
    notifications.subscribe('reconnected', () => wake([...waiting.keys()])),
  ];
  return {
    change(requestId, ms, signal) {
      return new Promise((resolve) => {
        const callers = waiting.get(requestId) ?? new Set();
        waiting.set(requestId, callers);
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          callers.delete(done);
          if (callers.size === 0) waiting.delete(requestId);
          resolve();
        };
        const timer = setTimeout(done, Math.max(0, Math.min(ms, LOOK_AGAIN_MS)));
        callers.add(done);
        signal.addEventListener('abort', done);
        if (signal.aborted) done();
      });
    },
    get closed() {
      return closed;
    },
    [Symbol.dispose]() {
      closed = true;
      for (const stop of unsubscribe) stop();
      wake([...waiting.keys()]);
    },
  };
}
