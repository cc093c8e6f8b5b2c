/** The queues that submits join, and whether there is room. */
import { type Queryable, statement } from '../db/database.ts';
import { errors } from '../errors.ts';
import type { Entry } from './submission.ts';

interface Lane {
  account_id: string;
  pool: string;
  /** The last place given, with all of this batch. */
  enqueued: number;
}

const joinLanesStatement = statement<Lane>(
  'join_lanes',
  `insert into lanes as l (account_id, pool, max_running, queued, enqueued)
   select account_id, pool, max_running, arriving, arriving
     from unnest($1::uuid[], $2::text[], $3::int[], $4::int[]) as t (account_id, pool, max_running, arriving)
    order by account_id, pool
   on conflict (account_id, pool) do update
      set queued = l.queued + excluded.queued,
          enqueued = l.enqueued + excluded.enqueued,
          max_running = excluded.max_running
   returning l.account_id, l.pool, l.enqueued`,
);

const laneName = (accountId: string, pool: string): string => `${accountId} ${pool}`;
const laneOf = ({ submission }: Entry): string => laneName(submission.identity.accountId, submission.pool);

/** All of `entries` join their lanes, which stay locked. @returns the lanes by their names */
export async function joinLanes(tx: Queryable, entries: Entry[]): Promise<Map<string, Lane>> {
  const groups = [...Map.groupBy(entries, laneOf).values()];
  const rows = await tx.rows(joinLanesStatement, [
    groups.map(([first]) => first!.submission.identity.accountId),
    groups.map(([first]) => first!.submission.pool),
    groups.map(([first]) => first!.submission.identity.maxRunning),
    groups.map((group) => group.length),
  ]);
  return new Map(rows.map((row) => [laneName(row.account_id, row.pool), row]));
}

const leaveLanesStatement = statement<never>(
  'leave_lanes_refused',
  `update lanes l set queued = l.queued - t.refused, enqueued = l.enqueued - t.refused
     from unnest($1::uuid[], $2::text[], $3::int[]) as t (account_id, pool, refused)
    where l.account_id = t.account_id and l.pool = t.pool`,
);
/** Takes `refused` out of their lanes again: places behind them are given anew, since the lanes are still locked. */
export async function leaveLanes(tx: Queryable, refused: Entry[]): Promise<void> {
  const groups = [...Map.groupBy(refused, laneOf).values()];
  await tx.rows(leaveLanesStatement, [
    groups.map(([first]) => first!.submission.identity.accountId),
    groups.map(([first]) => first!.submission.pool),
    groups.map((group) => group.length),
  ]);
}

const accountOf = ({ submission }: Entry): string => submission.identity.accountId;

const countQueuedStatement = statement<{ account_id: string; queued: number }>(
  'count_queued',
  'select account_id, sum(queued)::int as queued from lanes where account_id = any($1::uuid[]) group by account_id',
);

/**
 * What waits of each account, in all its lanes and with all of this batch. Read once the account's money is locked: whoever
 * submits to another of its lanes has committed by then, or waits for us.
 */
export async function countQueued(tx: Queryable, entries: Entry[]): Promise<Map<string, number>> {
  const rows = await tx.rows(countQueuedStatement, [[...new Set(entries.map(accountOf))]]);
  return new Map(rows.map(({ account_id, queued }) => [account_id, queued]));
}

/** @param queued what `countQueued` gave */
export function refuseOverQueue(entries: Entry[], queued: Map<string, number>): void {
  for (const [accountId, group] of Map.groupBy(entries, accountOf)) {
    const { maxQueued } = group[0]!.submission.identity;
    const room = Math.max(0, maxQueued - (queued.get(accountId)! - group.length));
    for (const entry of group.slice(room)) {
      entry.outcome = errors.rateLimited(
        `The queue of this account is full (${maxQueued} requests are waiting). Wait for some to finish, or cancel some.`,
        { 'retry-after': '5' },
      );
    }
  }
}

/** The lane's last places, in order: `counted` moved the lane on by all of its entries, and refused ones give theirs back. */
export function givePlaces(accepted: Entry[], lanes: Map<string, Lane>, counted: Entry[]): void {
  const arrivals = Map.groupBy(counted, laneOf);
  for (const [name, group] of Map.groupBy(accepted, laneOf)) {
    const before = lanes.get(name)!.enqueued - arrivals.get(name)!.length;
    group.forEach((entry, index) => {
      entry.place = before + 1 + index;
    });
  }
}
