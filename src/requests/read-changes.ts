/** Which of many requests are no longer as somebody knows them: one query, however many there are. */
import { type Queryable, statement } from '../db/database.ts';
import { AHEAD, LANE_OF_WAITING } from './position.ts';
import type { Status } from './status-row.ts';

export interface Change {
  id: string;
  /** Null: it is gone. */
  version: number | null;
  ahead: number | null;
}

const selectChanges = statement<Change>(
  'read_changes',
  `select known.id, r.version, now.ahead
     from unnest($1::uuid[], $2::int[], $3::bigint[]) as known (id, version, ahead)
     left join requests r on r.id = known.id
     left join lanes l on ${LANE_OF_WAITING}
    cross join lateral (select ${AHEAD} as ahead) now
    where r.version is distinct from known.version or now.ahead is distinct from known.ahead`,
);

/** @returns those of `known` that have another version or position now. */
export const readChanges = (db: Queryable, known: Status[]): Promise<Change[]> =>
  db.rows(selectChanges, [
    known.map(({ id }) => id),
    known.map(({ version }) => version),
    known.map(({ ahead }) => ahead),
  ]);
