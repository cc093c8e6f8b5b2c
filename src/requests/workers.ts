/** The list of live worker processes. */
import { type Queryable, statement } from '../db/database.ts';
import { RENEW_WITHIN_MS } from './claim.ts';

const beat = statement<never>(
  'worker_heartbeat',
  `with gone as (delete from workers where heartbeat_at < now() - interval '10 minutes' and id <> $1)
   insert into workers (id, description, concurrency, pools) values ($1, $2, $3, $4)
   on conflict (id) do update set heartbeat_at = now()`,
  { answerWithinMs: RENEW_WITHIN_MS },
);
const deleteWorker = statement<never>('unregister_worker', 'delete from workers where id = $1');
const countLive = statement<{ live: number }>(
  'count_live_workers',
  `select count(*) as live from workers where heartbeat_at > now() - interval '20 seconds'`,
);

/** Says that this process lives and runs requests. */
export const heartbeat = (
  db: Queryable,
  worker: { id: string; description: string; concurrency: number; pools: readonly string[] },
): Promise<never[]> => db.rows(beat, [worker.id, worker.description, worker.concurrency, worker.pools]);

export const unregisterWorker = (db: Queryable, workerId: string): Promise<never[]> =>
  db.rows(deleteWorker, [workerId]);

/** Workers that wrote their heartbeat within 20 seconds, anywhere. */
export const countLiveWorkers = async (db: Queryable): Promise<number> => (await db.row(countLive))!.live;

const capacityByPool = statement<{ pool: string; workers: number; slots: number }>(
  'worker_capacity',
  `select pool, count(*) as workers, sum(concurrency)::int as slots
     from workers w cross join lateral unnest(w.pools) pool
    where w.heartbeat_at > now() - interval '20 seconds'
    group by pool`,
);

/** Live workers of each pool that has any, and how many requests they run at once. */
export const readCapacity = (db: Queryable): Promise<{ pool: string; workers: number; slots: number }[]> =>
  db.rows(capacityByPool);

const unservedPools = statement<{ pool: string }>(
  'unserved_pools',
  `select distinct l.pool from lanes l
    where l.queued > 0
      and not exists (select 1 from workers w where w.heartbeat_at > now() - interval '20 seconds' and l.pool = any(w.pools))`,
);

/** Pools in which requests wait although no live worker serves them. */
export const listUnservedPools = async (db: Queryable): Promise<string[]> =>
  (await db.rows(unservedPools)).map(({ pool }) => pool);
