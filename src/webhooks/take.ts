/** What can be delivered now: asked for by many receivers at once, answered with two queries. */
import { type Database, statement } from '../db/database.ts';
import { createBatcher } from '../lib/batcher.ts';
import type { EventType } from '../requests/events.ts';
import type { SecretRow } from './secrets.ts';

/** `webhook.test` is sent on demand, and is about no request. */
export type DeliveryType = EventType | 'webhook.test';

export interface DueDelivery {
  id: string;
  receiver_id: string;
  request_id: string | null;
  type: DeliveryType;
  round: number | null;
  done: number | null;
  occurred_at: string;
  /** Attempts since it was made or last redelivered. */
  tries: number;
  url: string;
  base_url: string;
}

interface Ask {
  receiverId: string;
  /** At most so many. */
  room: number;
  /** Under way already. */
  without: string[];
}

export interface Taken {
  deliveries: DueDelivery[];
  /** As it was when they were looked for. */
  arrivals: number;
  /** Those the receiver's owner signs with. */
  secrets: Pick<SecretRow, 'id' | 'sealed'>[];
  /** Why nothing is delivered any more: the webhook is disabled or deleted. */
  stopped: string | undefined;
}

// Where an earlier event of the same request still waits, a later one is not due. Asked for each by itself, until there are
// enough: as `not exists` the planner joins all that waits with all that waits.
const selectDue = statement<
  { asked: string; arrivals: number; stopped: string | null } & {
    [Key in keyof DueDelivery]: DueDelivery[Key] | null;
  }
>(
  'take_due_deliveries',
  `select v.id as asked, v.arrivals,
          case when w.deleted_at is not null then 'the webhook was deleted'
               when w.disabled_at is not null then 'the webhook is disabled: ' || w.disabled_reason end as stopped,
          d.id, d.receiver_id, d.request_id, d.type, d.round, d.done, d.occurred_at, d.tries,
          coalesce(d.url, w.url) as url, coalesce(d.base_url, w.base_url) as base_url
     from unnest($1::uuid[], $2::int[]) as ask (receiver_id, room)
     join webhook_receivers v on v.id = ask.receiver_id and v.lease = $4
     left join webhooks w on w.id = v.webhook_id
     left join lateral (
       select * from webhook_deliveries d
        where d.receiver_id = ask.receiver_id and d.state = 'pending' and d.next_attempt_at <= now() and d.id <> all ($3::uuid[])
          and (select true from webhook_deliveries e
                where e.request_id = d.request_id and e.receiver_id = d.receiver_id and e.seq < d.seq and e.state = 'pending'
                limit 1) is null
        order by d.next_attempt_at, d.seq
        limit ask.room
     ) d on true`,
);
const selectSecrets = statement<Pick<SecretRow, 'id' | 'sealed'> & { receiver_id: string }>(
  'take_webhook_secrets',
  `select v.id as receiver_id, s.id, s.sealed
     from webhook_receivers v
     join webhook_secrets s on s.account_id = v.account_id and s.webhook_id is not distinct from v.webhook_id
    where v.id = any($1::uuid[]) and (s.expires_at is null or s.expires_at > now())
    order by s.expires_at is null desc, s.created_at desc`,
);

export type Take = (ask: Ask) => Promise<Taken | undefined>;

/** @returns a function that looks for one receiver; undefined where it is not held under `lease`. */
export function createTake(db: Database, lease: string): Take {
  return createBatcher<Ask, Taken | undefined>({
    maxSize: 200,
    concurrency: 1,
    run: async (asks) => {
      const rows = await db.rows(selectDue, [
        asks.map(({ receiverId }) => receiverId),
        asks.map(({ room }) => room),
        asks.flatMap(({ without }) => without),
        lease,
      ]);
      const found = Map.groupBy(rows, ({ asked }) => asked);
      const withWork = [...new Set(rows.flatMap(({ id, asked }) => (id ? [asked] : [])))];
      const secrets =
        withWork.length > 0
          ? Map.groupBy(await db.rows(selectSecrets, [withWork]), ({ receiver_id }) => receiver_id)
          : new Map<string, never[]>();
      return asks.map(({ receiverId }) => {
        const mine = found.get(receiverId);
        return (
          mine && {
            deliveries: mine.filter(({ id }) => id !== null) as DueDelivery[],
            arrivals: mine[0]!.arrivals,
            secrets: secrets.get(receiverId) ?? [],
            stopped: mine[0]!.stopped ?? undefined,
          }
        );
      });
    },
  });
}
