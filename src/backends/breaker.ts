/**
 * A circuit breaker for one backend in one process: after repeated failure its calls are not made for a while, then one
 * is let through to see. What the far side says about an input (refused, blocked) is no failure of the backend.
 */

/** `closed`: calls go through. `open`: none do. `half_open`: one does, and decides. */
type BreakerState = 'closed' | 'open' | 'half_open';

export interface Breaker {
  state(): BreakerState;
  /** Takes the right to make a call; false while open, and while another call is the one that sees. */
  enter(): boolean;
  /** How the call ended. `undefined`: it says nothing about the backend, such as one that was broken off. */
  leave(failed: boolean | undefined): void;
  /** Milliseconds until a call may be tried; 0 when it may now. */
  retryInMs(): number;
}

const FAILURES_TO_OPEN = 5;
const FIRST_OPEN_MS = 10_000;
const LONGEST_OPEN_MS = 5 * 60_000;

/** @param now milliseconds, of a clock that is never set: it would stay open for as long as that was set back */
export function createBreaker(now: () => number = () => performance.now()): Breaker {
  let failures = 0;
  let opened = 0;
  let openUntilMs: number | undefined;
  let probing = false;

  const state = (): BreakerState =>
    openUntilMs === undefined ? 'closed' : now() < openUntilMs ? 'open' : 'half_open';

  function open(): void {
    openUntilMs = now() + Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** opened);
    opened++;
  }

  return {
    state,
    enter() {
      const current = state();
      if (current === 'open' || (current === 'half_open' && probing)) return false;
      if (current === 'half_open') probing = true;
      return true;
    },
    leave(failed) {
      const wasProbe = probing && state() === 'half_open';
      if (wasProbe) probing = false;
      if (failed === undefined) return;
      if (!failed) {
        failures = 0;
        opened = 0;
        openUntilMs = undefined;
        return;
      }
      failures++;
      if (wasProbe || (openUntilMs === undefined && failures >= FAILURES_TO_OPEN)) open();
    },
    retryInMs: () => (openUntilMs === undefined ? 0 : Math.max(0, openUntilMs - now())),
  };
}

/** For a backend that is never out of order. */
export const ALWAYS_CLOSED: Breaker = {
  state: () => 'closed',
  enter: () => true,
  leave: () => {},
  retryInMs: () => 0,
};
