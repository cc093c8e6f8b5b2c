/** Removes what has expired, in small batches, so that no transaction is long and no lock is held for many rows. */
import type { Logger } from 'pino';
import { removeEndedSessions, type SessionTimes } from '../accounts/sessions.ts';
import { removeExpiredLinks } from '../accounts/sign-in-links.ts';
import { type Database, statement } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { expireOldOutputs, listExpired } from '../files/file-records.ts';
import { removeFiles } from '../files/remove-files.ts';
import type { FileStore } from '../files/store.ts';
import { removeOldRequests } from '../requests/remove.ts';
import { removeOldDeliveries, removeOldWebhooks } from '../webhooks/remove.ts';

export interface SweepContext extends SessionTimes {
  db: Database;
  notifications: Notifications;
  store: FileStore;
  log: Logger;
  /** Ages in milliseconds; 0 keeps. */
  outputRetentionMs: number;
  requestRetentionMs: number;
  webhookRetentionMs: number;
}

const BATCH = 200;

const deleteIdempotencyKeys = statement<{ key: string }>(
  'delete_old_idempotency_keys',
  `delete from idempotency_keys
    where (account_id, key) in (select account_id, key from idempotency_keys where created_at < now() - interval '24 hours' limit $1)
   returning key`,
);
// Gaps matter only to what waits before them.
const deleteGaps = statement<{ bucket: number }>(
  'delete_passed_gaps',
  `delete from lane_gaps g
    where (g.account_id, g.pool, g.bucket) in (
      select g.account_id, g.pool, g.bucket from lane_gaps g
       where not exists (select 1 from requests r
                          where r.account_id = g.account_id and r.pool = g.pool and r.state = 'queued'
                            and r.place < (g.bucket + 1) * 1024)
       limit $1)
   returning g.bucket`,
);

/** @returns how many of each were removed. */
export async function sweep(context: SweepContext): Promise<{ requests: number; files: number }> {
  const { db, notifications, outputRetentionMs, requestRetentionMs, webhookRetentionMs } = context;
  // One moment for all batches: what comes of age meanwhile is for the next sweep.
  const cutOffMs = Date.now() - requestRetentionMs;
  const requests =
    requestRetentionMs > 0
      ? await inBatches(() => removeOldRequests(db, notifications, Date.now() - cutOffMs, BATCH))
      : 0;
  if (outputRetentionMs > 0) await inBatches(() => expireOldOutputs(db, outputRetentionMs / 1000, BATCH));
  const files = await removeExpired(context);
  await inBatches(async () => (await db.rows(deleteIdempotencyKeys, [BATCH])).length);
  await inBatches(async () => (await db.rows(deleteGaps, [BATCH])).length);
  await inBatches(() => removeEndedSessions(db, context, BATCH));
  await inBatches(() => removeExpiredLinks(db, BATCH));
  if (webhookRetentionMs > 0) {
    await inBatches(() => removeOldDeliveries(db, webhookRetentionMs, BATCH));
    await inBatches(() => removeOldWebhooks(db, webhookRetentionMs, BATCH));
  }
  if (requests + files > 0) context.log.info({ requests, files }, 'removed what has expired');
  return { requests, files };
}

/** @returns how many went. Those that cannot be removed stay first in the list, and are passed over. */
async function removeExpired(context: SweepContext): Promise<number> {
  let removed = 0;
  let stuck = 0;
  for (;;) {
    const ids = await listExpired(context.db, BATCH, stuck);
    const left = await removeFiles(context, ids);
    removed += ids.length - left;
    stuck += left;
    if (ids.length < BATCH) return removed;
  }
}

async function inBatches(removeSome: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = await removeSome();
    total += removed;
    if (removed < BATCH) return total;
  }
}
