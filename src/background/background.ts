/** Background jobs on pg-boss: the same database, one process at a time for each schedule. */
import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import {
  ANSWER_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  type ConnectionTarget,
  sessionTarget,
} from '../db/connection.ts';
import { type SweepContext, sweep } from './sweep.ts';

const SWEEP = 'sweep';
const EVERY_MINUTE = '* * * * *';
/** Handed on to `pg`: else a connection whose other side is gone would be waited for until TCP gives up. */
const PATIENCE = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: ANSWER_TIMEOUT_MS };

/** Starts the schedules; once started, pg-boss waits out a database that is gone. */
export async function startBackground(
  target: ConnectionTarget,
  context: SweepContext & { log: Logger },
): Promise<AsyncDisposable> {
  const boss = new PgBoss({
    ...sessionTarget(target),
    application_name: 'darkroom background',
    max: 2,
    ...PATIENCE,
    // Minutes are exact enough for sweeps; the defaults look several times a second.
    cronMonitorIntervalSeconds: 45,
    cronWorkerIntervalSeconds: 45,
    superviseIntervalSeconds: 300,
  });
  boss.on('error', (error) => context.log.debug({ err: error }, 'background jobs wait for the database'));
  const stop = (): Promise<void> => boss.stop({ graceful: true, timeout: 3000 });
  try {
    await boss.start();
    await schedule(boss, context);
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  return { [Symbol.asyncDispose]: stop };
}

async function schedule(boss: PgBoss, context: SweepContext): Promise<void> {
  await boss.createQueue(SWEEP, {
    policy: 'exclusive',
    retryLimit: 0,
    expireInSeconds: 300,
    deleteAfterSeconds: 3600,
  });
  await boss.work(SWEEP, { pollingIntervalSeconds: 30 }, async () => {
    await sweep(context);
  });
  await boss.schedule(SWEEP, EVERY_MINUTE);
}
