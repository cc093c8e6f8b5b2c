/** Deliveries as their account sees them: listed, looked into, made again. */
import { type Queryable, type Statement, statement } from '../db/database.ts';
import { uuidv7 } from '../lib/ids.ts';
import { GIVE_UP_SECONDS } from './hand-out.ts';
import type { DeliveryState } from './record.ts';
import type { DeliveryType } from './take.ts';

export interface DeliveryRow {
  id: string;
  /** Null: the URL was named at the submit. */
  webhook_id: string | null;
  request_id: string | null;
  type: DeliveryType;
  round: number | null;
  done: number | null;
  occurred_at: string;
  url: string;
  base_url: string;
  state: DeliveryState;
  attempts: number;
  created_at: string;
  next_attempt_at: string;
  ended_at: string | null;
  /** What went wrong last. */
  error: string | null;
}

export interface AttemptRow {
  number: number;
  at: string;
  duration_ms: number;
  status: number | null;
  error: string | null;
  excerpt: string | null;
}

const COLUMNS = `d.id, v.webhook_id, d.request_id, d.type, d.round, d.done, d.occurred_at, coalesce(d.url, w.url) as url,
  coalesce(d.base_url, w.base_url) as base_url, d.state, d.attempts, d.created_at, d.next_attempt_at, d.ended_at, d.error`;
const FROM = `webhook_deliveries d
     join webhook_receivers v on v.id = d.receiver_id
     left join webhooks w on w.id = v.webhook_id`;

export interface DeliveryQuery {
  accountId: string;
  requestId?: string | undefined;
  webhookId?: string | undefined;
  state?: DeliveryState | undefined;
  /** Only older than this one. */
  cursor?: string | undefined;
  limit: number;
}

const lists = new Map<string, Statement<DeliveryRow>>();

/** The state stands in the text: an index has those that are not delivered. */
function listStatement(by: readonly string[], state: DeliveryState | undefined): Statement<DeliveryRow> {
  const name = ['list_deliveries', ...(state ? [state] : []), ...by].join('_');
  const made =
    lists.get(name) ??
    statement<DeliveryRow>(
      name,
      `select ${COLUMNS} from ${FROM}
        where d.account_id = $1 and d.id < $2 ${state ? `and d.state = '${state}'` : ''} ${by.map((column, index) => `and d.${column} = $${index + 4}`).join(' ')}
        order by d.id desc
        limit $3`,
    );
  lists.set(name, made);
  return made;
}

const HIGHEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Newest first. @returns one more than `limit` where there is a next page. */
export function listDeliveries(db: Queryable, query: DeliveryQuery): Promise<DeliveryRow[]> {
  // A webhook's receiver has its id.
  const filters = { request_id: query.requestId, receiver_id: query.webhookId };
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  return db.rows(
    listStatement(
      given.map(([column]) => column),
      query.state,
    ),
    [query.accountId, query.cursor ?? HIGHEST_ID, query.limit + 1, ...given.map(([, value]) => value)],
  );
}

const selectDelivery = statement<DeliveryRow & { stopped: boolean; gone: boolean }>(
  'get_delivery',
  `select ${COLUMNS}, w.id is not null and (w.deleted_at is not null or w.disabled_at is not null) as stopped,
          d.request_id is not null and not exists (select from requests r where r.id = d.request_id) as gone
     from ${FROM}
    where d.id = $1 and d.account_id = $2`,
);

/** `stopped`: its webhook is disabled or deleted. `gone`: its request is. */
export const findDelivery = (
  db: Queryable,
  accountId: string,
  id: string,
): Promise<(DeliveryRow & { stopped: boolean; gone: boolean }) | undefined> =>
  db.row(selectDelivery, [id, accountId]);

/** What is redelivered again and again has ever more. */
const ATTEMPTS_SHOWN = 100;

const selectAttempts = statement<AttemptRow>(
  'list_attempts',
  `select number, at, duration_ms, status, error, excerpt from webhook_attempts
    where delivery_id = $1
    order by number desc
    limit ${ATTEMPTS_SHOWN}`,
);

/** The newest first. */
export const listAttempts = (db: Queryable, deliveryId: string): Promise<AttemptRow[]> =>
  db.rows(selectAttempts, [deliveryId]);

const WAKE = `update webhook_receivers v set due_at = now(), paused_until = null, arrivals = v.arrivals + 1`;

const deliverAgain = statement<{ id: string }>(
  'redeliver',
  `with again as (
     update webhook_deliveries
        set state = 'pending', tries = 0, next_attempt_at = now(), give_up_at = now() + make_interval(secs => $3),
            ended_at = null, error = null
      where id = $1 and account_id = $2
     returning id, receiver_id
   ), woken as (
     ${WAKE} from again where v.id = again.receiver_id
   )
   select id from again`,
);
const insertTest = statement<{ id: string }>(
  'insert_test_delivery',
  `with made as (
     insert into webhook_deliveries (id, account_id, receiver_id, seq, type, occurred_at, give_up_at)
     -- one attempt: whoever tests looks at what comes of it
     select $1, account_id, id, 0, 'webhook.test', now(), now() from webhook_receivers where webhook_id = $2
     returning id, receiver_id
   ), woken as (
     ${WAKE} from made where v.id = made.receiver_id
   )
   select id from made`,
);

/** As if it had never been tried, and at once, also to a receiver that is left alone for a while. */
export const redeliver = (
  db: Queryable,
  accountId: string,
  id: string,
): Promise<{ id: string } | undefined> => db.row(deliverAgain, [id, accountId, GIVE_UP_SECONDS]);

/** Sends a webhook something to try it with. @returns the delivery's id. */
export async function deliverTest(db: Queryable, webhookId: string): Promise<string> {
  const id = uuidv7();
  await db.row(insertTest, [id, webhookId]);
  return id;
}
