/** Cancelling: one update decides, so a cancel and a claim never both win. */
import { type Database, statement } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { errors } from '../errors.ts';
import { NO_TRACING, type Tracing } from '../tracing/tracing.ts';
import { countUsage } from './count-usage.ts';
import { writesEnd } from './events.ts';
import { type PublicStatus, publicStatus, type State } from './states.ts';
import { recordWait } from './trace.ts';

export interface CancelAnswer {
  status: PublicStatus;
  outcome: 'cancelled' | 'not_cancellable';
}

// One that had started and was given back to the queue keeps what it has paid for: it is not cancelled.
const cancelQueued = statement<{
  id: string;
  told: boolean;
  trace: string | null;
  queued_at: string;
  left_at: string;
}>(
  'cancel_request',
  `with moved as (
     update requests
        set state = 'cancelled', ended_at = now(), version = version + 1, input = case when sync_mode then '{}' else input end
      where id = $1 and account_id = $2 and state = 'queued' and started_at is null
     returning id, account_id, key_id, model_id, pool, place, reserved, created_at, ended_at, sync_mode, webhook, trace
   ), lane as (
     update lanes l
        set queued = l.queued - 1, departed = l.departed + 1, has_gaps = l.queued > 1
       from moved m
      where l.account_id = m.account_id and l.pool = m.pool
     returning l.account_id
   ), gap as (
     insert into lane_gaps as g (account_id, pool, bucket, places)
     select account_id, pool, place / 1024, array[place] from moved
     on conflict (account_id, pool, bucket) do update set places = g.places || excluded.places
   ), owners as (
     -- the lane first, then account and key in order, as submits lock them: else the two deadlock
     select s.owner_id, s.month, m.reserved
       from moved m
       join lane on lane.account_id = m.account_id
       join spending s on s.owner_id in (m.account_id, m.key_id) and s.month = date_trunc('month', m.created_at)::date
      order by s.owner_id
        for update of s
   ), settled as (
     update spending s set reserved = s.reserved - o.reserved
       from owners o
      where s.owner_id = o.owner_id and s.month = o.month
     returning s.owner_id
   ), ${countUsage({ of: 'moved', outcome: `'cancelled'`, backend: 'null', outputs: '0', cost: '0' })}, inputs as (
     update files f set expires_at = now() from moved m where f.request_id = m.id and f.kind = 'input' and m.sync_mode
   ), ${writesEnd({ of: 'moved', type: `'request.cancelled'` })}
   select id, trace, created_at as queued_at, ended_at as left_at, exists (select from event) as told from moved`,
);
const currentState = statement<{ state: State; started_at: string | null }>(
  'read_state',
  'select state, started_at from requests where id = $1 and account_id = $2',
);

/** @throws 404 when the account has no such request. */
export async function cancelRequest(
  db: Database,
  notifications: Notifications,
  accountId: string,
  requestId: string,
  tracing: Tracing = NO_TRACING,
): Promise<CancelAnswer> {
  const moved = await db.row(cancelQueued, [requestId, accountId]);
  if (moved) {
    recordWait(tracing, moved, 'cancelled');
    notifications.publish('requests', [moved.id]);
    if (moved.told) notifications.publish('webhooks', ['events']);
    return { status: 'cancelled', outcome: 'cancelled' };
  }
  const row = await db.row(currentState, [requestId, accountId]);
  if (!row) throw errors.notFound('There is no such request.');
  return row.state === 'cancelled'
    ? { status: 'cancelled', outcome: 'cancelled' }
    : { status: publicStatus(row), outcome: 'not_cancellable' };
}
