/** Follows a prompt to its end by asking the server again and again; events only make it ask sooner. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Server, Unreachable } from './http.ts';
import { type Job, lookUp } from './jobs.ts';

export interface Bell {
  ring(): void;
  /** Until it rings, or `ms` have passed. A ring in between waits is not lost. @returns whether it rang. */
  wait(ms: number, signal: AbortSignal): Promise<boolean>;
}

export function createBell(): Bell {
  let rung = Promise.withResolvers<true>();
  return {
    ring: () => rung.resolve(true),
    async wait(ms, signal) {
      const done = new AbortController();
      const timer = sleep(ms, false as const, { signal: AbortSignal.any([signal, done.signal]) }).catch(
        () => false as const,
      );
      const rang = await Promise.race([rung.promise, timer]);
      done.abort();
      if (rang) rung = Promise.withResolvers<true>();
      signal.throwIfAborted();
      return rang;
    },
  };
}

export interface FollowOptions {
  signal: AbortSignal;
  timeoutMs: number;
  firstPollMs: number;
  longestPollMs: number;
  /** How long a server may not answer before it counts as lost. */
  patienceMs: number;
  bell: Bell;
}

/** A prompt is unknown for good when two looks in a row say so. */
const LOOKS_UNTIL_UNKNOWN = 2;

/**
 * The prompt's end; `unknown` when the server has none by this id. Where it was found by another, that becomes its id.
 * @throws {Unreachable} when the server is lost; the signal's reason.
 */
export async function follow(prompt: { server: Server; id: string }, options: FollowOptions): Promise<Job> {
  let intervalMs = options.firstPollMs;
  let unknownLooks = 0;
  let answeredAt = performance.now();
  for (;;) {
    try {
      const job = await lookUp(prompt.server, prompt.id, options);
      if ('id' in job) prompt.id = job.id;
      answeredAt = performance.now();
      if (job.state === 'unknown') unknownLooks++;
      else if (job.state === 'pending' || job.state === 'running') unknownLooks = 0;
      else return job;
      if (unknownLooks === LOOKS_UNTIL_UNKNOWN) return job;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (performance.now() - answeredAt > options.patienceMs) throw error;
    }
    const rang = await options.bell.wait(intervalMs, options.signal);
    // The news of an end may be a moment ahead of the end itself.
    intervalMs = rang ? options.firstPollMs : Math.min(options.longestPollMs, intervalMs * 1.5);
  }
}
