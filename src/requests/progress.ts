/** Progress of running requests, written for all of them together and not more than twice a second. */
import type { Logger } from 'pino';
import { type Database, statement } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import type { ClaimedRequest } from './claim.ts';

const WRITE_EVERY_MS = 500;

const writeProgress = statement<{ id: string }>(
  'write_progress',
  `with changed as (
     -- in order, as leases are renewed: else the two deadlock
     select r.id, t.fraction
       from unnest($1::uuid[], $2::uuid[], $3::real[]) as t (id, lease, fraction)
       join requests r on r.id = t.id
      where r.lease = t.lease and r.state = 'running' and r.fraction is distinct from t.fraction
      order by r.id
        for no key update of r
   )
   update requests r set fraction = c.fraction, version = version + 1
     from changed c
    where r.id = c.id
   returning r.id`,
);

export interface ProgressWriter {
  report(claimed: ClaimedRequest, fraction: number): void;
  forget(claimed: ClaimedRequest): void;
  stop(): Promise<void>;
}

export function createProgressWriter(
  db: Database,
  notifications: Notifications,
  log: Logger,
): ProgressWriter {
  const pending = new Map<string, { claimed: ClaimedRequest; fraction: number }>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const batch = [...pending.values()];
    pending.clear();
    if (batch.length === 0) return;
    try {
      const rows = await db.rows(writeProgress, [
        batch.map(({ claimed }) => claimed.id),
        batch.map(({ claimed }) => claimed.lease),
        batch.map(({ fraction }) => fraction),
      ]);
      notifications.publish(
        'requests',
        rows.map(({ id }) => id),
      );
    } catch (error) {
      log.debug({ err: error }, 'progress was not written');
    }
  }

  return {
    report(claimed, fraction) {
      pending.set(claimed.lease, { claimed, fraction });
      timer ??= setTimeout(() => {
        timer = undefined;
        writing = writing.then(write);
      }, WRITE_EVERY_MS);
    },
    forget(claimed) {
      pending.delete(claimed.lease);
    },
    async stop() {
      clearTimeout(timer);
      await writing;
    },
  };
}
