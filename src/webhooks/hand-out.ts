/**
 * Hands events out: takes them from the outbox and makes a delivery of each for everybody who wants it. By one process
 * at a time, in their order, so that no receiver can have a later event of a request before an earlier one.
 */
import { type Database, type Queryable, statement } from '../db/database.ts';
import { uuidv7 } from '../lib/ids.ts';
import { END_EVENTS, type EventType } from '../requests/events.ts';

/** How long an event is worth delivering. */
export const GIVE_UP_SECONDS = 24 * 3600;

const BATCH = 500;

/** Any number, the same in every Darkroom. */
const LOCK = 727_004;

const anyEvents = statement<{ there: boolean }>(
  'any_events',
  'select exists (select from webhook_outbox) as there',
);
const tryLock = statement<{ mine: boolean }>(
  'try_lock_outbox',
  `select pg_try_advisory_xact_lock(${LOCK}) as mine`,
);

interface Told {
  seq: number;
  account_id: string;
  request_id: string;
  type: EventType;
  round: number | null;
  done: number | null;
  occurred_at: string;
  /** A registered webhook; null: the submit's own. */
  webhook_id: string | null;
  origin: string | null;
  url: string | null;
  base_url: string | null;
}

const TAKEN = 't.id as seq, t.account_id, t.request_id, t.type, t.round, t.done, t.created_at as occurred_at';
const takeEvents = statement<Told & { taken: number }>(
  'take_events',
  `with t as (
     delete from webhook_outbox where id in (select id from webhook_outbox order by id limit $1)
     returning *
   ), told as (
     select ${TAKEN}, w.id as webhook_id, null as origin, null as url, null as base_url
       from t
       join webhooks w on w.account_id = t.account_id and w.deleted_at is null and w.disabled_at is null and t.type = any (w.events)
     union all
     select ${TAKEN}, null, r.webhook ->> 'origin', r.webhook ->> 'url', r.webhook ->> 'base_url'
       from t
       join requests r on r.id = t.request_id and r.webhook is not null
      where t.type = any ($2) or (r.webhook ->> 'intermediate')::boolean
   )
   select count.taken, told.*
     from (select count(*) as taken from t) count
     left join told on true
    order by told.seq`,
);

const addOrigins = statement<never>(
  'add_webhook_origins',
  `insert into webhook_receivers (id, account_id, origin)
   select * from unnest($1::uuid[], $2::uuid[], $3::text[])
   on conflict (account_id, origin) where webhook_id is null do nothing`,
);
const insertDeliveries = statement<{ receiver_id: string }>(
  'insert_deliveries',
  `insert into webhook_deliveries
          (id, account_id, receiver_id, request_id, seq, type, round, done, occurred_at, url, base_url, give_up_at)
   select t.id, t.account_id, coalesce(registered.id, named.id), t.request_id, t.seq, t.type, t.round, t.done, t.occurred_at, t.url, t.base_url,
          now() + make_interval(secs => $13)
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::smallint[], $7::smallint[], $8::timestamptz[],
                 $9::uuid[], $10::text[], $11::text[], $12::text[])
       as t (id, account_id, request_id, seq, type, round, done, occurred_at, webhook_id, origin, url, base_url)
     left join webhook_receivers registered on registered.webhook_id = t.webhook_id
     left join webhook_receivers named on named.webhook_id is null and named.account_id = t.account_id and named.origin = t.origin
   returning receiver_id`,
);
const wakeReceivers = statement<{ leased: boolean }>(
  'wake_receivers',
  `with locked as (
     -- in order, as leases are renewed: else the two deadlock
     select id from webhook_receivers where id = any($1::uuid[]) order by id for no key update
   )
   update webhook_receivers v
      set arrivals = v.arrivals + 1, due_at = least(v.due_at, greatest(now(), v.paused_until))
     from locked
    where v.id = locked.id
   returning v.lease_until > now() as leased`,
);

/**
 * Until the outbox is empty, or another process is at it.
 * @returns whether anything came for a receiver that somebody holds, and who has to be told.
 */
export async function handOutEvents(db: Database): Promise<boolean> {
  let forHeld = false;
  while ((await db.row(anyEvents))!.there) {
    const { taken, held } = await db.transaction((tx) => handOut(tx));
    forHeld ||= held;
    if (taken < BATCH) break;
  }
  return forHeld;
}

async function handOut(tx: Queryable): Promise<{ taken: number; held: boolean }> {
  if (!(await tx.row(tryLock))!.mine) return { taken: 0, held: false };
  const rows = await tx.rows(takeEvents, [BATCH, END_EVENTS]);
  const taken = rows[0]?.taken ?? 0;
  // With nobody to tell there is one row, of nothing.
  const told = rows.filter(({ seq }) => seq !== null);
  if (told.length === 0) return { taken, held: false };

  const origins = new Map(
    told.filter(({ origin }) => origin !== null).map((row) => [`${row.account_id} ${row.origin}`, row]),
  );
  if (origins.size > 0) {
    const named = [...origins.values()];
    await tx.rows(addOrigins, [
      named.map(() => uuidv7()),
      named.map(({ account_id }) => account_id),
      named.map(({ origin }) => origin),
    ]);
  }
  const column = <Value>(read: (row: Told) => Value): Value[] => told.map(read);
  const receivers = await tx.rows(insertDeliveries, [
    // In the order of the events, also within a millisecond.
    told.map(() => uuidv7()).sort(),
    column(({ account_id }) => account_id),
    column(({ request_id }) => request_id),
    column(({ seq }) => seq),
    column(({ type }) => type),
    column(({ round }) => round),
    column(({ done }) => done),
    column(({ occurred_at }) => occurred_at),
    column(({ webhook_id }) => webhook_id),
    column(({ origin }) => origin),
    column(({ url }) => url),
    column(({ base_url }) => base_url),
    GIVE_UP_SECONDS,
  ]);
  const woken = await tx.rows(wakeReceivers, [[...new Set(receivers.map(({ receiver_id }) => receiver_id))]]);
  return { taken, held: woken.some(({ leased }) => leased) };
}
