/** A worker takes the next request of a pool: of the lane with the fewest running, longest not served. */
import { type Database, statement } from '../db/database.ts';
import { writesProgress } from './events.ts';

export interface ClaimedRequest {
  id: string;
  account_id: string;
  model_id: string;
  input: Record<string, unknown>;
  sync_mode: boolean;
  seed: number;
  rounds: number;
  created_at: string;
  started_at: string;
  /** A run before this one may have left rounds and inputs, even one that does not count. */
  resumed: boolean;
  /** The right to write to it, until it is lost. */
  lease: string;
  /** Runs that count, with this one. */
  run: number;
  /** What its trace goes on from, where it is traced. */
  trace: string | null;
  /** When it came, or last went back, to the queue, and when it was taken from there. */
  queued_at: string;
  left_at: string;
}

/** A run of it, which this process has just begun. */
export interface ClaimedRun extends ClaimedRequest {
  /** When its time is over, by `performance.now()`: the clock of the database may differ from ours, and ours may jump. */
  deadlineMs: number;
}

/** Long enough to ride out a pause, short enough that a dead worker's requests run again within half a minute. */
const LEASE_SECONDS = 20;

/** For what keeps a lease: there is to be time to ask again, on another connection, before it ends. */
export const RENEW_WITHIN_MS = 4000;

const CLAIMED =
  'r.id, r.account_id, r.model_id, r.input, r.sync_mode, r.seed, r.rounds, r.created_at, r.started_at, r.started_at < now() as resumed, r.lease, ' +
  'r.attempts as run, r.trace, coalesce(r.queued_at, r.created_at) as queued_at, now() as left_at';

// The lateral matters: as a plain join the planner sorts the whole lane.
const claimNext = statement<ClaimedRequest & { told: boolean }>(
  'claim_request',
  `with lane as (
     select account_id, pool from lanes
      where pool = $1 and queued > 0 and running < max_running
      order by running, last_claim
      limit 1
      for update skip locked
   ), next as (
     select r.id, lane.account_id, lane.pool
       from lane
      cross join lateral (
        select id from requests
         where account_id = lane.account_id and pool = lane.pool and state = 'queued'
         order by place
         limit 1
         for update skip locked
      ) r
   ), counted as (
     update lanes l
        set queued = l.queued - 1, running = l.running + 1, departed = l.departed + 1,
            last_claim = clock_timestamp(), has_gaps = l.has_gaps and l.queued > 1
       from next
      where l.account_id = next.account_id and l.pool = next.pool
   ), claimed as (
     update requests r
        set state = 'running', lease = $2, lease_until = now() + make_interval(secs => $3), attempts = attempts + 1,
            started_at = coalesce(started_at, now()),
            -- each run has its own time: runs are bounded, and the pause between two is nobody's work
            deadline_at = now() + make_interval(secs => $4),
            version = version + 1
       from next
      where r.id = next.id
     returning ${CLAIMED}, r.webhook
   ), ${writesProgress({ of: 'claimed', type: `'request.in_progress'`, when: 'not e.resumed' })}
   select *, exists (select from event) as told from claimed`,
);
const anyClaimable = statement<{ claimable: boolean }>(
  'any_claimable',
  'select exists (select 1 from lanes where pool = $1 and queued > 0 and running < max_running) as claimable',
);

/**
 * @returns the request, now running under `lease`, and whether others are told that it started; undefined when no
 * lane could be served just now.
 */
export async function claimRequest(
  db: Database,
  pool: string,
  lease: string,
  timeoutMs: number,
): Promise<(ClaimedRun & { told: boolean }) | undefined> {
  const claimed = await db.row(claimNext, [pool, lease, LEASE_SECONDS, timeoutMs / 1000]);
  return claimed && { ...claimed, deadlineMs: performance.now() + timeoutMs };
}

/** Whether some lane has work after all: a claim passes over lanes that another claim or submit has locked. */
export const hasClaimable = async (db: Database, pool: string): Promise<boolean> =>
  (await db.row(anyClaimable, [pool]))!.claimable;

const renew = statement<{ lease: string }>(
  'renew_leases',
  `with held as (
     -- in order, as progress is written: else the two deadlock
     select id from requests
      where state = 'running' and lease = any($1::uuid[]) and id = any($3::uuid[])
      order by id
        for no key update
   )
   update requests r set lease_until = now() + make_interval(secs => $2)
     from held
    where r.id = held.id
   returning r.lease`,
  { answerWithinMs: RENEW_WITHIN_MS },
);

/** @returns the leases that are still held; the others belong to somebody else now. */
export async function renewLeases(db: Database, held: { id: string; lease: string }[]): Promise<Set<string>> {
  const rows = await db.rows(renew, [
    held.map(({ lease }) => lease),
    LEASE_SECONDS,
    held.map(({ id }) => id),
  ]);
  return new Set(rows.map(({ lease }) => lease));
}

const giveBack = statement<{ pool: string }>(
  'give_back_request',
  `with moved as (
     update requests
        set state = 'queued', lease = null, lease_until = null, queued_at = now(), attempts = attempts - 1, version = version + 1
      where id = $1 and lease = $2 and state = 'running'
     returning account_id, pool
   ), lane as (
     update lanes l set queued = l.queued + 1, running = l.running - 1, departed = l.departed - 1
       from moved m
      where l.account_id = m.account_id and l.pool = m.pool
   )
   select pool from moved`,
);

/** At shutdown: the request goes back to its place, with the rounds it has finished, and the run does not count. */
export const giveBackRequest = async (
  db: Database,
  claimed: { id: string; lease: string },
): Promise<string | undefined> => (await db.row(giveBack, [claimed.id, claimed.lease]))?.pool;

/** A run that nobody finished is tried this often before the request fails as `worker_lost`. */
const MAX_RUNS = 3;

const requeueLost = statement<{ id: string; pool: string }>(
  'requeue_lost',
  `with lost as (
     select id from requests
      where state = 'running' and lease_until < now() and attempts < $1
      order by lease_until
      limit 100
      for update skip locked
   ), moved as (
     update requests r set state = 'queued', lease = null, lease_until = null, queued_at = now(), version = version + 1
       from lost
      where r.id = lost.id
     returning r.id, r.account_id, r.pool
   ), lanes_of as (
     select account_id, pool, count(*)::int as lost from moved group by account_id, pool
   ), locked as (
     -- in order, as submits lock them: else the two deadlock
     select l.account_id, l.pool, o.lost
       from lanes_of o
       join lanes l on l.account_id = o.account_id and l.pool = o.pool
      order by l.account_id, l.pool
        for update of l
   ), counted as (
     update lanes l set queued = l.queued + o.lost, running = l.running - o.lost, departed = l.departed - o.lost
       from locked o
      where l.account_id = o.account_id and l.pool = o.pool
   )
   select id, pool from moved`,
);
const takeOverLost = statement<ClaimedRequest>(
  'take_over_lost',
  `update requests r set lease = $1, lease_until = now() + make_interval(secs => $2), version = version + 1
    where r.id = (select id from requests where state = 'running' and lease_until < now() and attempts >= $3
                   order by lease_until limit 1 for update skip locked)
   returning ${CLAIMED}`,
);
const expireAll = statement<never>(
  'expire_leases',
  `update requests set lease_until = now() - interval '1 second' where state = 'running'`,
);

/** Requests whose worker is gone go back to their place in the queue. @returns their ids and pools. */
export const requeueLostRequests = (db: Database): Promise<{ id: string; pool: string }[]> =>
  db.rows(requeueLost, [MAX_RUNS]);

/** One that was lost too often, to be ended by the caller under `lease`. */
export const takeOverLostRequest = (db: Database, lease: string): Promise<ClaimedRequest | undefined> =>
  db.row(takeOverLost, [lease, LEASE_SECONDS, MAX_RUNS]);

/** For a process that knows it is the only one: whoever held a lease is dead. */
export const expireAllLeases = (db: Database): Promise<never[]> => db.rows(expireAll);
