/**
 * Receivers: who has something to get, and which process delivers it. Only the holder of a receiver's lease delivers to
 * it, so how much it gets at once and in which order is decided in one place.
 */
import { type Queryable, statement } from '../db/database.ts';

export interface Receiver {
  id: string;
  account_id: string;
  webhook_id: string | null;
  /** Tries in a row that failed. */
  failures: number;
}

export const LEASE_SECONDS = 30;

const claim = statement<Receiver>(
  'claim_receivers',
  `with due as (
     select id from webhook_receivers
      where due_at <= now() and (lease_until is null or lease_until < now() or lease = $1) and id <> all ($4::uuid[])
      order by due_at
      limit $2
      for no key update skip locked
   )
   update webhook_receivers v set lease = $1, lease_until = now() + make_interval(secs => $3)
     from due
    where v.id = due.id
   returning v.id, v.account_id, v.webhook_id, v.failures`,
);
const renew = statement<never>(
  'renew_receivers',
  `with held as (
     -- in order, as they are woken: else the two deadlock
     select id from webhook_receivers where id = any($2::uuid[]) and lease = $1 order by id for no key update
   )
   update webhook_receivers v set lease_until = now() + make_interval(secs => $3)
     from held
    where v.id = held.id`,
);
// What can be tried next is the earliest of the deliveries that no earlier one of their request holds back.
const release = statement<{ id: string }>(
  'release_receiver',
  `update webhook_receivers v
      set lease = null, lease_until = null,
          due_at = (select d.next_attempt_at from webhook_deliveries d
                     where d.receiver_id = v.id and d.state = 'pending'
                       and (select true from webhook_deliveries e
                             where e.request_id = d.request_id and e.receiver_id = d.receiver_id and e.seq < d.seq and e.state = 'pending'
                             limit 1) is null
                     order by d.next_attempt_at, d.seq
                     limit 1)
    where id = $1 and lease = $2 and arrivals = $3
   returning id`,
);
const pause = statement<never>(
  'pause_receiver',
  `update webhook_receivers
      set lease = null, lease_until = null, paused_until = now() + make_interval(secs => $3), due_at = now() + make_interval(secs => $3)
    where id = $1 and lease = $2`,
);
const giveBack = statement<never>(
  'give_back_receivers',
  'update webhook_receivers set lease = null, lease_until = null where lease = $1',
);
const expireAll = statement<never>(
  'expire_receiver_leases',
  'update webhook_receivers set lease_until = now() where lease_until > now()',
);
const noteFailure = statement<{ failing_seconds: number }>(
  'note_receiver_failure',
  `update webhook_receivers set failures = failures + $2, failing_since = coalesce(failing_since, now())
    where id = $1
   returning extract(epoch from now() - failing_since)::float8 as failing_seconds`,
);
const noteSuccess = statement<never>(
  'note_receiver_success',
  'update webhook_receivers set failures = 0, failing_since = null, paused_until = null where id = $1',
);

/**
 * Those that wait longest for something to be delivered, and whom nobody serves.
 * @param served here: one that is held and not among them was let go when the database was gone
 */
export const claimReceivers = (
  db: Queryable,
  lease: string,
  limit: number,
  served: string[],
): Promise<Receiver[]> => db.rows(claim, [lease, limit, LEASE_SECONDS, served]);

export const renewReceivers = (db: Queryable, lease: string, ids: string[]): Promise<never[]> =>
  db.rows(renew, [lease, ids, LEASE_SECONDS]);

/** @returns false when something has come since `arrivals` were counted: then it is still held. */
export const releaseReceiver = async (
  db: Queryable,
  lease: string,
  id: string,
  arrivals: number,
): Promise<boolean> => (await db.row(release, [id, lease, arrivals])) !== undefined;

/** Lets go of it and leaves it alone for a while. */
export const pauseReceiver = (db: Queryable, lease: string, id: string, seconds: number): Promise<never[]> =>
  db.rows(pause, [id, lease, seconds]);

/** At shutdown: others can go on with them at once. */
export const giveBackReceivers = (db: Queryable, lease: string): Promise<never[]> =>
  db.rows(giveBack, [lease]);

/** For a process that knows it is the only one: whoever held a lease is dead. */
export const expireReceiverLeases = (db: Queryable): Promise<never[]> => db.rows(expireAll);

/** @returns for how many seconds nothing has been delivered to it. */
export const noteReceiverFailure = async (db: Queryable, id: string, failures: number): Promise<number> =>
  (await db.row(noteFailure, [id, failures]))?.failing_seconds ?? 0;

export const noteReceiverSuccess = (db: Queryable, id: string): Promise<never[]> =>
  db.rows(noteSuccess, [id]);
