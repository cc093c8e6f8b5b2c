/** Status of many requests with one query, which all callers of one turn share; from memory where nothing has changed. */
import { type Database, statement } from '../db/database.ts';
import { createBatcher } from '../lib/batcher.ts';
import { AHEAD, LANE_OF_WAITING } from './position.ts';
import type { StatusMemory } from './status-memory.ts';
import { type Status, type StatusRow, statusOf } from './status-row.ts';

const selectStatus = statement<StatusRow>(
  'read_status',
  `select r.id, r.account_id, r.model_id, r.state, r.created_at, r.started_at, r.ended_at, r.rounds, r.done, r.fraction,
          r.warnings, r.failure, r.version,
          ${AHEAD} as ahead
     from requests r
     left join lanes l on ${LANE_OF_WAITING}
    where r.id = any($1::uuid[])`,
);

const MAX_BATCH = 256;
const BATCHES_AT_ONCE = 1;

export type ReadStatus = (requestId: string) => Promise<Status | undefined> | Status;

/** @returns a function that reads one status, at once where it is remembered; undefined where there is no such request. */
export function createReadStatus(db: Database, memory?: StatusMemory): ReadStatus {
  const read = createBatcher<string, Status | undefined>({
    maxSize: MAX_BATCH,
    concurrency: BATCHES_AT_ONCE,
    run: async (ids) => {
      using reading = memory?.expect();
      const found = (await db.rows(selectStatus, [ids])).map(statusOf);
      reading?.keep(found);
      const byId = new Map(found.map((status) => [status.id, status]));
      return ids.map((id) => byId.get(id));
    },
  });
  return (requestId) => memory?.get(requestId) ?? read(requestId);
}
