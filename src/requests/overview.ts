/** The queue and its workers as a whole, for whoever runs the server. */
import { type Queryable, statement } from '../db/database.ts';

export interface PoolDepth {
  pool: string;
  queued: number;
  running: number;
  /** How long the oldest waiting request waits; null when none does. */
  oldest_seconds: number | null;
  /** The same of accounts that may have more running: how late those are that a free worker would take. */
  claimable_seconds: number | null;
}

const queueByPool = statement<PoolDepth>(
  'queue_by_pool',
  `select l.pool, sum(l.queued)::int as queued, sum(l.running)::int as running,
          extract(epoch from now() - min(head.created_at))::float8 as oldest_seconds,
          extract(epoch from now() - min(head.created_at) filter (where l.running < l.max_running))::float8 as claimable_seconds
     from lanes l
     left join lateral (
       select r.created_at from requests r
        where l.queued > 0 and r.account_id = l.account_id and r.pool = l.pool and r.state = 'queued'
        order by r.place
        limit 1
     ) head on true
    group by l.pool
    order by l.pool`,
);
// No more run than the workers have room for, and those have an index of their own.
const countLeases = statement<{ held: number; expired: number }>(
  'count_leases',
  `select count(*) filter (where lease_until >= now()) as held, count(*) filter (where lease_until < now()) as expired
     from requests where state = 'running'`,
);

export interface LiveWorker {
  id: string;
  description: string;
  pools: string[];
  concurrency: number;
  started_at: string;
  heartbeat_at: string;
}

const MAX_WORKERS = 500;
const selectWorkers = statement<LiveWorker>(
  'list_live_workers',
  `select id, description, pools, concurrency, started_at, heartbeat_at from workers
    where heartbeat_at > now() - interval '20 seconds'
    order by started_at, id
    limit $1`,
);

/** Every pool that requests have ever waited in, with what waits and runs there now. */
export const readQueue = (db: Queryable): Promise<PoolDepth[]> => db.rows(queueByPool);

/** Requests that run by right, and those whose worker has gone silent: another takes them over within seconds. */
export const readLeases = async (db: Queryable): Promise<{ held: number; expired: number }> =>
  (await db.row(countLeases))!;

export const listLiveWorkers = (db: Queryable): Promise<LiveWorker[]> =>
  db.rows(selectWorkers, [MAX_WORKERS]);
