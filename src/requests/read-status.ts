/** Status of many requests with one query: all callers of one turn share it. */
import { type Database, statement } from '../db/database.ts';
import type { Failure } from '../errors.ts';
import { createBatcher } from '../lib/batcher.ts';
import type { State, Warning } from './states.ts';

export interface StatusRow {
  id: string;
  account_id: string;
  model_id: string;
  state: State;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  rounds: number;
  done: number;
  fraction: number | null;
  warnings: Warning[] | null;
  failure: Failure | null;
  /** Changes with every change of the row. */
  version: number;
  /** How many of the account's requests wait before it; only of one that waits itself. */
  ahead: number | null;
}

/**
 * Position without counting: the places before this one, less those that have left the queue. What left from
 * behind it (cancelled) must not count, and is kept in `lane_gaps`.
 */
const selectStatus = statement<StatusRow>(
  'read_status',
  `select r.id, r.account_id, r.model_id, r.state, r.created_at, r.started_at, r.ended_at, r.rounds, r.done, r.fraction,
          r.warnings, r.failure, r.version,
          case when l.account_id is not null and r.started_at is null then
            greatest(0, r.place - 1 - l.departed + case when l.has_gaps then (
              select coalesce(sum(case when g.bucket > r.place / 1024 then cardinality(g.places)
                                       else (select count(*) from unnest(g.places) as p where p > r.place) end), 0)
                from lane_gaps g
               where g.account_id = r.account_id and g.pool = r.pool and g.bucket >= r.place / 1024
            )::bigint else 0 end)
          end as ahead
     from requests r
     left join lanes l on r.state = 'queued' and l.account_id = r.account_id and l.pool = r.pool
    where r.id = any($1::uuid[])`,
);

const MAX_BATCH = 256;
const BATCHES_AT_ONCE = 1;

export type ReadStatus = (requestId: string) => Promise<StatusRow | undefined>;

/** @returns a function that reads one status; undefined where there is no such request. */
export function createReadStatus(db: Database): ReadStatus {
  return createBatcher<string, StatusRow | undefined>({
    maxSize: MAX_BATCH,
    concurrency: BATCHES_AT_ONCE,
    run: async (ids) => {
      const rows = await db.rows(selectStatus, [ids]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id.toLowerCase()));
    },
  });
}
