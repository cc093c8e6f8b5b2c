/** Starts the server again when it dies. */
import { setTimeout as delay } from 'node:timers/promises';
import { boundLogFile } from './log-file.ts';
import { ensureRunning, type RunningServer, type ServerPlace, waitUntilGone } from './server.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A server that lived this long did not die of how it was started. */
const STEADY_AFTER_MS = 60_000;
const BOUND_LOG_EVERY_MS = 60_000;

export interface Supervision {
  /** Ends it and returns the server there was last. */
  end(): Promise<RunningServer>;
}

/** Looks after `server` until it is told to end. */
export function supervise(server: RunningServer, place: ServerPlace): Supervision {
  const ending = new AbortController();
  const logTimer = setInterval(() => {
    boundLogFile(place.logPath).catch((error: unknown) =>
      place.log.warn({ err: error }, "PostgreSQL's log could not be cut"),
    );
  }, BOUND_LOG_EVERY_MS).unref();

  let current = server;
  const watching = (async () => {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const since = performance.now();
      await waitUntilGone(current, place, ending.signal);
      if (performance.now() - since > STEADY_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
      place.log.error(
        { pid: current.pid, died: causeOfDeath(current) },
        'PostgreSQL died; starting it again',
      );
      current = await startAgain(current);
    }

    async function startAgain({ socketFolder }: RunningServer): Promise<RunningServer> {
      for (;;) {
        await delay(pauseMs, undefined, { signal: ending.signal });
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        try {
          // The same socket as before: that is where everybody's pools try again.
          const next = await ensureRunning(place, { socketFolder, signal: ending.signal });
          place.log.info({ pid: next.pid }, 'PostgreSQL is back');
          if (next.socketFolder !== socketFolder) {
            place.log.error(
              { socketFolder: next.socketFolder },
              'PostgreSQL was started elsewhere by another: restart Darkroom',
            );
          }
          return next;
        } catch (error) {
          if (ending.signal.aborted) throw error;
          place.log.error({ err: error, nextTryInMs: pauseMs }, 'PostgreSQL could not be started again');
        }
      }
    }
  })().catch((error: unknown) => {
    if (!ending.signal.aborted) place.log.error({ err: error }, 'PostgreSQL is no longer looked after');
  });

  return {
    end: async () => {
      clearInterval(logTimer);
      ending.abort();
      await watching;
      return current;
    },
  };
}

function causeOfDeath({ child }: RunningServer): string {
  if (!child) return 'unknown, it was not our child';
  return child.signalCode ?? `code ${child.exitCode}`;
}
