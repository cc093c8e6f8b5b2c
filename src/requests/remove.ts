/** Removing a request: input, output and files go, its usage row stays. */
import { type Database, type Queryable, statement } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { errors } from '../errors.ts';
import { uuidv7Floor } from '../lib/ids.ts';

const expireFiles = statement<{ id: string }>(
  'expire_request_files',
  `update files set expires_at = now() - interval '1 second' where request_id = $1 returning id`,
);
const lockEnded = statement<{ id: string }>(
  'lock_ended_request',
  `select id from requests where id = $1 and account_id = $2 and state in ('completed', 'failed', 'cancelled') for update`,
);
const deleteEnded = statement<{ id: string }>(
  'delete_requests',
  'delete from requests where id = any($1::uuid[]) returning id',
);
const exists = statement<{ id: string }>(
  'request_exists',
  'select id from requests where id = $1 and account_id = $2',
);

/**
 * Removes an ended request of the account.
 * @returns the ids of its files, which are no longer served and whose bytes may go.
 * @throws 404 when there is no such request, 409 while it runs or waits.
 */
export async function removeRequest(
  db: Database,
  notifications: Notifications,
  accountId: string,
  requestId: string,
): Promise<string[]> {
  const removed = await db.transaction(async (tx) => {
    if (!(await tx.row(lockEnded, [requestId, accountId]))) {
      if (!(await tx.row(exists, [requestId, accountId]))) throw errors.notFound('There is no such request.');
      throw errors.conflict(
        'The request has not ended yet. Delete it when it has, or cancel it while it is queued.',
        2,
      );
    }
    // Before the row goes, since files forget a request that is gone.
    const files = await tx.rows(expireFiles, [requestId]);
    await tx.rows(deleteEnded, [[requestId]]);
    return files.map(({ id }) => id);
  });
  notifications.publish('requests', [requestId]);
  return removed;
}

const forgetSync = statement<{ id: string }>(
  'forget_sync_content',
  `with mine as (
     update requests set input = '{}', version = version + 1
      where id = $1 and sync_mode and state = 'completed'
     returning id
   )
   update files f set expires_at = now() - interval '1 second' from mine where f.request_id = mine.id
   returning f.id`,
);

/** A synchronous request's result has been fetched: nothing of it is kept. @returns the ids of its files. */
export const forgetSyncContent = async (db: Queryable, requestId: string): Promise<string[]> =>
  (await db.rows(forgetSync, [requestId])).map(({ id }) => id);

const expireFilesOf = statement<never>(
  'expire_files_of_requests',
  `update files set expires_at = now() - interval '1 second' where request_id = any($1::uuid[])`,
);
const selectOld = statement<{ id: string }>(
  'list_old_requests',
  `select id from requests
    where id < $1 and state in ('completed', 'failed', 'cancelled') and ended_at < now() - make_interval(secs => $2)
    order by id
    limit $3
      for update skip locked`,
);

/** Removes up to `limit` requests that ended more than `ageMs` ago. @returns how many. */
export async function removeOldRequests(
  db: Database,
  notifications: Notifications,
  ageMs: number,
  limit: number,
): Promise<number> {
  // What ended before was made before: ids bound the search.
  const values = [uuidv7Floor(Date.now() - ageMs), ageMs / 1000, limit];
  const removed = await db.transaction(async (tx) => {
    const ids = (await tx.rows(selectOld, values)).map(({ id }) => id);
    if (ids.length > 0) {
      await tx.rows(expireFilesOf, [ids]);
      await tx.rows(deleteEnded, [ids]);
    }
    return ids;
  });
  notifications.publish('requests', removed);
  return removed.length;
}
