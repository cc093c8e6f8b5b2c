/** How many calls a backend gets at once and in a minute, kept across all processes by the database. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendLimits } from '../backends/routing.ts';
import { type Database, statement } from '../db/database.ts';
import { uuidv7 } from '../lib/ids.ts';
import type { ClaimedRequest } from './claim.ts';
import { persistently } from './persistently.ts';

const prepare = statement<never>(
  'prepare_backend_limits',
  `insert into backend_limits (backend, tokens) values ($1, $2) on conflict (backend) do nothing`,
);
// One row, one update: whoever waits for it sees the latest count before deciding. The bucket holds ten seconds' worth.
// What a try has taken whose answer was lost is not taken again.
const take = statement<{ id: string }>(
  'take_backend_slot',
  `with known as (
     select id from backend_calls where id = $5
   ), slot as (
     update backend_limits
        set running = running + 1,
            tokens = least($4::float8, tokens + greatest(0, extract(epoch from clock_timestamp() - refilled_at)) * $3::float8 / 60) - 1,
            refilled_at = clock_timestamp()
      where backend = $1
        and not exists (select from known)
        and running < $2
        and least($4::float8, tokens + greatest(0, extract(epoch from clock_timestamp() - refilled_at)) * $3::float8 / 60) >= 1
     returning backend
   ), taken as (
     insert into backend_calls (id, backend, request_id, lease)
     select $5, backend, $6, $7 from slot
     returning id
   )
   select id from known union all select id from taken`,
);
/** The try before was still under way when we looked, and has taken it. */
const TAKEN_MEANWHILE = '23505';
const give = statement<never>(
  'give_backend_slot',
  `with gone as (delete from backend_calls where id = $1 returning backend)
   update backend_limits l set running = l.running - 1 from gone where l.backend = gone.backend`,
);
const reclaim = statement<{ backend: string }>(
  'reclaim_backend_slots',
  `with gone as (
     delete from backend_calls c
      where not exists (select 1 from requests r where r.id = c.request_id and r.lease = c.lease and r.state = 'running')
     returning c.backend
   ), counted as (
     select backend, count(*)::int as calls from gone group by backend
   )
   update backend_limits l set running = l.running - counted.calls from counted where l.backend = counted.backend
   returning l.backend`,
);

const UNLIMITED = 1e9;
const LOOK_AGAIN_MS = 150;

export interface BackendSlots {
  /** Waits for a slot, runs `work` in it. Without limits for `backend` it costs nothing. */
  inSlot<Result>(
    backend: string,
    claimed: ClaimedRequest,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result>;
  /** Frees the slots of runs that are over without having given them back. */
  reclaim(): Promise<void>;
}

export function createBackendSlots(db: Database, limits: ReadonlyMap<string, BackendLimits>): BackendSlots {
  const prepared = new Set<string>();

  async function takeSlot(
    backend: string,
    { concurrency, requestsPerMinute }: BackendLimits,
    claimed: ClaimedRequest,
    signal: AbortSignal,
  ): Promise<string> {
    const perMinute = requestsPerMinute ?? UNLIMITED;
    const bucket = Math.max(1, perMinute / 6);
    if (!prepared.has(backend)) {
      await persistently(() => db.rows(prepare, [backend, bucket]), signal);
      prepared.add(backend);
    }
    const id = uuidv7();
    for (;;) {
      const taken = await persistently(
        () =>
          db.row(take, [backend, concurrency ?? UNLIMITED, perMinute, bucket, id, claimed.id, claimed.lease]),
        signal,
      ).catch((error) => {
        if (error.code === TAKEN_MEANWHILE) return { id };
        throw error;
      });
      if (taken) return id;
      await sleep(LOOK_AGAIN_MS * (0.5 + Math.random()), undefined, { signal });
    }
  }

  return {
    async inSlot(backend, claimed, signal, work) {
      const limit = limits.get(backend);
      if (!limit) return work();
      const id = await takeSlot(backend, limit, claimed, signal);
      try {
        return await work();
      } finally {
        // Should this be lost, the slot is reclaimed when the request's lease is over.
        await db.rows(give, [id]).catch(() => {});
      }
    },
    async reclaim() {
      if (limits.size > 0) await db.rows(reclaim);
    },
  };
}
