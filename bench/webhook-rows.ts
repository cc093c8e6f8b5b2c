/** Requests that name webhooks and have ended, and their events, past the API. */
import { statement } from '../src/db/database.ts';
import { uuidv7 } from '../src/lib/ids.ts';
import { withDatabaseOf } from './rows.ts';

const insertRequests = statement<never>(
  'bench_webhook_requests',
  `insert into requests (id, account_id, key_id, place, seed, reserved, rounds, done, sync_mode, state, model_id, pool, started_at, ended_at, input, webhook)
   select t.id, k.account_id, k.id, 1, 1, 0, 1, 0, false, 'failed', 'google/nano-banana-2/text-to-image', 'sandbox', now(), now(), '{}',
          jsonb_build_object('url', t.url, 'origin', t.url, 'intermediate', false, 'base_url', 'http://localhost')
     from (select account_id, id from keys limit 1) k, unnest($1::uuid[], $2::text[]) as t (id, url)`,
);
const insertEvents = statement<never>(
  'bench_webhook_events',
  `insert into webhook_outbox (account_id, request_id, type)
   select k.account_id, id, 'request.failed' from (select account_id from keys limit 1) k, unnest($1::uuid[]) as id`,
);
const notify = statement<never>('bench_notify', `select pg_notify('darkroom', 'bench webhooks events')`);

/** `pace` says when which of `count` requests, each for the next of `urls`, have ended. */
export function endWithWebhooks(
  dataDir: string,
  urls: string[],
  count: number,
  pace: (end: (from: number, count: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  return withDatabaseOf(dataDir, async (db) => {
    const ids = Array.from({ length: count }, () => uuidv7());
    await db.rows(insertRequests, [ids, ids.map((_, index) => urls[index % urls.length])]);
    await pace(async (from, some) => {
      await db.rows(insertEvents, [ids.slice(from, from + some)]);
      await db.rows(notify);
    });
  });
}
