/** The one way a running request ends: its state, its lane, its money, its usage and its leftovers, in one transaction. */
import { type Database, statement } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import type { Failure } from '../errors.ts';
import { storableJson } from '../lib/storable-json.ts';
import type { ClaimedRequest } from './claim.ts';
import { countUsage } from './count-usage.ts';
import { writesEnd } from './events.ts';
import { LeaseLost } from './rounds.ts';
import type { Warning } from './states.ts';

export interface Ending {
  state: 'completed' | 'failed';
  failure: Failure | null;
  /** Added to those of the submit. */
  warnings: Warning[];
  adjustments: string[];
  backend: string | null;
}

/** How long the bytes of a synchronous request wait to be fetched. */
const SYNC_KEPT_SECONDS = 3600;

const endStatement = statement<{
  id: string;
  pool: string;
  cost: number;
  outputs: number;
  told: boolean;
}>(
  'end_request',
  `with made as (
     select (select coalesce(sum(cost), 0) from rounds where request_id = $1)::bigint as cost,
            (select count(*) from files where request_id = $1 and kind in ('output', 'sync') and expires_at is null)::smallint as outputs
   ), ended as (
     update requests r
        set state = $3, failure = $4, warnings = nullif(coalesce(warnings, '[]') || $5::jsonb, '[]'), adjustments = $6, backend = $7,
            cost = made.cost, ended_at = now(), lease = null, lease_until = null, fraction = null, version = version + 1,
            input = case when sync_mode then '{}' else input end
       from made
      where r.id = $1 and r.lease = $2 and r.state = 'running'
     returning r.id, r.account_id, r.key_id, r.model_id, r.pool, r.reserved, r.created_at, r.sync_mode, r.webhook, made.cost, made.outputs
   ), lane as (
     update lanes l set running = l.running - 1
       from ended e
      where l.account_id = e.account_id and l.pool = e.pool
     returning l.account_id
   ), owners as (
     -- the lane first, then account and key in order, as submits lock them: else the two deadlock
     select s.owner_id, s.month, e.reserved, e.cost
       from ended e
       join lane on lane.account_id = e.account_id
       join spending s on s.owner_id in (e.account_id, e.key_id) and s.month = date_trunc('month', e.created_at)::date
      order by s.owner_id
        for update of s
   ), settled as (
     update spending s set reserved = s.reserved - o.reserved, spent = s.spent + o.cost
       from owners o
      where s.owner_id = o.owner_id and s.month = o.month
     returning s.owner_id
   ), ${countUsage({ of: 'ended', outcome: '$3', backend: '$7', outputs: 'outputs', cost: 'cost' })}, leftovers as (
     update files f
        set expires_at = case when f.kind = 'sync' then now() + make_interval(secs => $8) else now() end
       from ended e
      where f.request_id = e.id and (f.kind in ('fetched', 'raw', 'sync') or (f.kind = 'input' and e.sync_mode))
   ), ${writesEnd({ of: 'ended', type: `'request.' || $3` })}
   select id, pool, cost, outputs, exists (select from event) as told from ended`,
);

/** @throws {LeaseLost} when the request is not ours to end. */
export async function endRequest(
  db: Database,
  notifications: Notifications,
  claimed: ClaimedRequest,
  ending: Ending,
): Promise<{ cost: number; outputs: number }> {
  const values = [
    claimed.id,
    claimed.lease,
    ending.state,
    ending.failure ? storableJson(ending.failure) : null,
    storableJson(ending.warnings),
    ending.adjustments.length > 0 ? storableJson(ending.adjustments) : null,
    ending.backend,
    SYNC_KEPT_SECONDS,
  ];
  const ended = await db.row(endStatement, values);
  if (!ended) throw new LeaseLost('the lease is lost');
  notifications.publish('requests', [ended.id]);
  // The lane may have been at its limit: its next request can start now.
  notifications.publish('queue', [ended.pool]);
  if (ended.told) notifications.publish('webhooks', ['events']);
  return ended;
}
