/** Waiting that can be given up, and leaves no timer or listener behind. */

const listenersOf = new WeakMap<AbortSignal, { all: Set<() => void>; tell: () => void }>();

/**
 * Calls `listener` when the signal is aborted. A signal gets one listener for all, since Node warns of a leak where many calls
 * share one.
 * @returns what takes it back
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let listeners = listenersOf.get(signal);
  if (!listeners) {
    const all = new Set<() => void>();
    listeners = { all, tell: () => [...all].forEach((each) => void each()) };
    listenersOf.set(signal, listeners);
  }
  const { all, tell } = listeners;
  if (all.size === 0) signal.addEventListener('abort', tell, { once: true });
  all.add(listener);
  return () => {
    all.delete(listener);
    if (all.size === 0) signal.removeEventListener('abort', tell);
  };
}

/** Resolves after `ms`. @throws the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal?: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const forget = signal && onAbort(signal, stop);
    const timer = setTimeout(() => {
      forget?.();
      resolve();
    }, ms);
    function stop(): void {
      clearTimeout(timer);
      forget?.();
      reject(signal!.reason);
    }
  });
}

export interface Limit {
  readonly signal: AbortSignal;
  /** Counts the time from now again. */
  restart(): void;
  /** Counts no time until `restart`. */
  pause(): void;
  /** To be called at the end, whatever it was. */
  release(): void;
}

/**
 * A signal that is aborted with `outer`, or with `reason()` after `ms`. With `graceMs`, it follows `outer` only so much later.
 */
export function limit(
  outer: AbortSignal | undefined,
  ms: number | undefined,
  reason: () => unknown,
  graceMs = 0,
): Limit {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let grace: ReturnType<typeof setTimeout> | undefined;
  const follow = (): void => {
    if (graceMs === 0) controller.abort(outer!.reason);
    else grace = setTimeout(() => controller.abort(outer!.reason), graceMs);
  };
  const pause = (): void => clearTimeout(timer);
  const restart = (): void => {
    pause();
    if (ms !== undefined) timer = setTimeout(() => controller.abort(reason()), ms);
  };
  let forget = (): void => {};
  if (outer?.aborted) follow();
  else if (outer) forget = onAbort(outer, follow);
  restart();
  const release = (): void => {
    pause();
    clearTimeout(grace);
    forget();
  };
  return { signal: controller.signal, restart, pause, release };
}
