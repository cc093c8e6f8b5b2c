/** Records of deliveries expire; who has none left and is no longer used goes with them. */
import { type Database, statement } from '../db/database.ts';
import { uuidv7Floor } from '../lib/ids.ts';

// What waits is never too old: it is given up first.
const deleteDeliveries = statement<{ receiver_id: string }>(
  'delete_old_deliveries',
  `delete from webhook_deliveries
    where id in (select id from webhook_deliveries
                  where id < $1 and state <> 'pending' and ended_at < now() - make_interval(secs => $2)
                  order by id limit $3)
   returning receiver_id`,
);
const deleteOrigins = statement<never>(
  'delete_unused_origins',
  `delete from webhook_receivers v
    where id = any($1::uuid[]) and webhook_id is null and due_at is null and lease is null
      and not exists (select from webhook_deliveries d where d.receiver_id = v.id)`,
);
const deleteWebhooks = statement<{ id: string }>(
  'delete_old_webhooks',
  `delete from webhooks
    where id in (select id from webhooks w
                  where deleted_at < now() - make_interval(secs => $1)
                    and not exists (select from webhook_deliveries d where d.receiver_id = w.id)
                  limit $2)
   returning id`,
);

/** Removes up to `limit` deliveries that ended more than `ageMs` ago. @returns how many. */
export async function removeOldDeliveries(db: Database, ageMs: number, limit: number): Promise<number> {
  // What ended before was made before: ids bound the search.
  const removed = await db.rows(deleteDeliveries, [uuidv7Floor(Date.now() - ageMs), ageMs / 1000, limit]);
  if (removed.length > 0)
    await db.rows(deleteOrigins, [[...new Set(removed.map(({ receiver_id }) => receiver_id))]]);
  return removed.length;
}

/** Removes up to `limit` webhooks that were deleted more than `ageMs` ago. @returns how many. */
export const removeOldWebhooks = async (db: Database, ageMs: number, limit: number): Promise<number> =>
  (await db.rows(deleteWebhooks, [ageMs / 1000, limit])).length;
