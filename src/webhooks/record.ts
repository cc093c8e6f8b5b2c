/** What came of attempts: each is written down, and decides what becomes of its delivery. Many share one statement. */
import { type Database, type Queryable, statement } from '../db/database.ts';
import { createBatcher } from '../lib/batcher.ts';
import type { Outcome } from './attempt.ts';

interface Attempt {
  deliveryId: string;
  outcome: Outcome;
  /** When to try again, should it not be over. */
  retrySeconds: number;
}

export type DeliveryState = 'pending' | 'delivered' | 'failed';

// A delivery that another process has finished meanwhile stays so.
const recordAttempts = statement<{ id: string; state: DeliveryState }>(
  'record_attempts',
  `with made as (
     select t.*, d.give_up_at, d.state as before
       from unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::float8[])
         as t (delivery_id, at, duration_ms, status, error, excerpt, verdict, retry_seconds)
       join webhook_deliveries d on d.id = t.delivery_id
      order by d.id
        for no key update of d
   ), judged as (
     select *, now() + make_interval(secs => retry_seconds) as retry_at,
            case when before <> 'pending' then before
                 when verdict = 'delivered' then 'delivered'
                 when verdict = 'gone' or now() + make_interval(secs => retry_seconds) > give_up_at then 'failed'
                 else 'pending' end as after
       from made
   ), moved as (
     update webhook_deliveries d
        set attempts = d.attempts + 1, tries = d.tries + 1, state = j.after,
            next_attempt_at = case when j.after = 'pending' then j.retry_at else d.next_attempt_at end,
            ended_at = case when j.after = 'pending' then null else coalesce(d.ended_at, now()) end,
            error = case when j.after = 'delivered' then null
                         when j.before = 'failed' then d.error
                         when j.after = 'failed' and j.verdict <> 'gone' then j.error || '; it is not tried again'
                         else j.error end
       from judged j
      where d.id = j.delivery_id
     returning d.id, d.attempts, d.state
   ), written as (
     insert into webhook_attempts (delivery_id, number, at, duration_ms, status, error, excerpt)
     select j.delivery_id, m.attempts, j.at, j.duration_ms, j.status, j.error, j.excerpt
       from judged j join moved m on m.id = j.delivery_id
   )
   select id, state from moved`,
);

export type RecordAttempt = (attempt: Attempt) => Promise<DeliveryState | undefined>;

/** @returns a function that records one attempt and gives the delivery's state after it; undefined where it is gone. */
export const createRecordAttempt = (db: Database): RecordAttempt =>
  createBatcher<Attempt, DeliveryState | undefined>({
    maxSize: 200,
    concurrency: 1,
    run: async (attempts) => {
      const column = <Value>(read: (outcome: Outcome) => Value): Value[] =>
        attempts.map(({ outcome }) => read(outcome));
      const rows = await db.rows(recordAttempts, [
        attempts.map(({ deliveryId }) => deliveryId),
        column(({ at }) => at),
        column(({ durationMs }) => durationMs),
        column(({ status }) => status),
        column(({ error }) => error),
        column(({ excerpt }) => excerpt),
        column(({ verdict }) => verdict),
        attempts.map(({ retrySeconds }) => retrySeconds),
      ]);
      const states = new Map(rows.map(({ id, state }) => [id, state]));
      return attempts.map(({ deliveryId }) => states.get(deliveryId));
    },
  });

const giveUp = statement<{ id: string }>(
  'give_up_deliveries',
  `update webhook_deliveries set state = 'failed', ended_at = now(), error = $2
    where id in (select id from webhook_deliveries
                  where receiver_id = $1 and state = 'pending' and (not $3 or give_up_at < now())
                  order by next_attempt_at limit $4)
   returning id`,
);
const giveUpOne = statement<{ id: string }>(
  'give_up_delivery',
  `update webhook_deliveries set state = 'failed', ended_at = now(), error = $2 where id = $1 and state = 'pending' returning id`,
);

const GIVEN_UP_AT_ONCE = 500;

/** All that wait for a receiver, or only those whose day is over. @returns how many. */
export async function giveUpDeliveries(
  db: Queryable,
  receiverId: string,
  reason: string,
  { onlyExpired }: { onlyExpired: boolean },
): Promise<number> {
  for (let total = 0; ; ) {
    const rows = await db.rows(giveUp, [receiverId, reason, onlyExpired, GIVEN_UP_AT_ONCE]);
    total += rows.length;
    if (rows.length < GIVEN_UP_AT_ONCE) return total;
  }
}

export const giveUpDelivery = (db: Queryable, id: string, reason: string): Promise<{ id: string }[]> =>
  db.rows(giveUpOne, [id, reason]);
