/**
 * The ends of an account's requests, in an order that stays: from their usage rows, which each end writes anyway and
 * an index has by account and time.
 */
import { type Queryable, statement } from '../db/database.ts';

/** Where somebody is in an account's ends: after this one. */
export interface Place {
  endedAt: string;
  requestId: string;
}

export interface End {
  request_id: string;
  outcome: 'completed' | 'failed' | 'cancelled';
  ended_at: string;
}

// An end has the time at which its transaction began, and is seen when that is over: one that began earlier may be seen
// later. Before the oldest transaction that is still open nothing comes in any more.
const selectSettled = statement<{ before: string }>(
  'ends_settled_before',
  `select coalesce(min(xact_start), now()) as before
     from pg_stat_activity
    where datname = current_database() and application_name like 'darkroom%' and pid <> pg_backend_pid()
      and xact_start > now() - interval '1 minute'`,
);
const selectEnds = statement<End & { number: number }>(
  'read_ends',
  `select ask.number, e.request_id, e.outcome, e.ended_at
     from unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::uuid[]) as ask (number, account_id, ended_at, request_id)
    cross join lateral (
      select u.request_id, u.outcome, u.ended_at
        from usage u
       where u.account_id = ask.account_id and u.ended_at >= ask.ended_at and u.ended_at < $5
         and (u.ended_at, u.request_id) > (ask.ended_at, ask.request_id)
       order by u.ended_at, u.request_id
       limit $6
    ) e
    order by ask.number, e.ended_at, e.request_id`,
);
const selectPlace = statement<{ ended_at: string }>(
  'place_of_end',
  'select ended_at from usage where request_id = $1 and account_id = $2',
);

/** Before this time no end appears any more. */
const settledBefore = async (db: Queryable): Promise<string> => (await db.row(selectSettled))!.before;

const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/** For somebody who wants to know what ends from now on. */
export const placeOfNow = async (db: Queryable): Promise<Place> => ({
  endedAt: await settledBefore(db),
  requestId: LOWEST_ID,
});

/** For somebody who knows the end of this request; undefined when the account has none, or it has not ended. */
export async function placeOfEnd(
  db: Queryable,
  accountId: string,
  requestId: string,
): Promise<Place | undefined> {
  const row = await db.row(selectPlace, [requestId, accountId]);
  return row && { endedAt: row.ended_at, requestId };
}

/** For each of `asks` the next ends after its place, `limit` at most, in their order. */
export async function readEnds(
  db: Queryable,
  asks: { accountId: string; after: Place }[],
  limit: number,
): Promise<End[][]> {
  // Before the ends are read: what comes in between belongs to the next look.
  const before = await settledBefore(db);
  const rows = await db.rows(selectEnds, [
    asks.map((_, index) => index),
    asks.map(({ accountId }) => accountId),
    asks.map(({ after }) => after.endedAt),
    asks.map(({ after }) => after.requestId),
    before,
    limit,
  ]);
  const found = Map.groupBy(rows, ({ number }) => number);
  return asks.map((_, index) => found.get(index) ?? []);
}
