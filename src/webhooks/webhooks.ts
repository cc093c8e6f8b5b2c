/** URLs that are told of what happens to an account's requests: registered, listed, changed, deleted. */
import { type Database, type Queryable, statement } from '../db/database.ts';
import { errors } from '../errors.ts';
import { uuidv7 } from '../lib/ids.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import type { EventType } from '../requests/events.ts';
import { addSecret, type SecretRow } from './secrets.ts';

export interface WebhookRow {
  id: string;
  account_id: string;
  url: string;
  description: string | null;
  events: EventType[];
  base_url: string;
  created_at: string;
  disabled_at: string | null;
  disabled_reason: string | null;
  /** Since when nothing has been delivered to it, if deliveries fail. */
  failing_since: string | null;
}

/** Each event makes a delivery for each of them. */
const MAX_WEBHOOKS = 50;

const COLUMNS = `w.id, w.account_id, w.url, w.description, w.events, w.base_url, w.created_at, w.disabled_at, w.disabled_reason, v.failing_since`;
const RECEIVER = 'join webhook_receivers v on v.webhook_id = w.id';

const insertWebhook = statement<{ id: string }>(
  'insert_webhook',
  `with w as (
     insert into webhooks (id, account_id, url, description, events, base_url)
     select $1, $2, $3, $4, $5, $6
      where (select count(*) from webhooks where account_id = $2 and deleted_at is null) < $7
     returning id, account_id
   )
   insert into webhook_receivers (id, account_id, webhook_id)
   select id, account_id, id from w
   returning id`,
);
const selectWebhooks = statement<WebhookRow>(
  'list_webhooks',
  `select ${COLUMNS} from webhooks w ${RECEIVER} where w.account_id = $1 and w.deleted_at is null order by w.id desc`,
);
const selectWebhook = statement<WebhookRow>(
  'get_webhook',
  `select ${COLUMNS} from webhooks w ${RECEIVER} where w.id = $1 and w.account_id = $2 and w.deleted_at is null`,
);
// Whoever changes it may have mended it: what waits is tried at once, or given up at once.
const updateWebhook = statement<{ id: string }>(
  'update_webhook',
  `with changed as (
     update webhooks
        set url = $3, description = $4, events = $5, base_url = $6,
            disabled_at = case when $7 then null else coalesce(disabled_at, now()) end,
            disabled_reason = case when $7 then null else coalesce(disabled_reason, $8) end
      where id = $1 and account_id = $2 and deleted_at is null
     returning id
   ), receiver as (
     update webhook_receivers v
        set failures = 0, failing_since = null, paused_until = null, due_at = now(), arrivals = v.arrivals + 1
       from changed c
      where v.webhook_id = c.id
   )
   select id from changed`,
);
const deleteWebhook = statement<{ id: string }>(
  'delete_webhook',
  `with gone as (
     update webhooks set deleted_at = now() where id = $1 and account_id = $2 and deleted_at is null returning id
   ), secrets as (
     delete from webhook_secrets s using gone where s.webhook_id = gone.id
   ), receiver as (
     -- what still waits for it is to be given up
     update webhook_receivers v set due_at = now(), arrivals = v.arrivals + 1 from gone where v.webhook_id = gone.id
   )
   select id from gone`,
);
const disableWebhook = statement<{ id: string }>(
  'disable_webhook',
  `update webhooks set disabled_at = now(), disabled_reason = $2
    where id = $1 and disabled_at is null and deleted_at is null
   returning id`,
);

export interface NewWebhook {
  accountId: string;
  url: string;
  description: string | null;
  events: EventType[];
  baseUrl: string;
}

/** @throws 409 when the account has as many as it may. */
export function createWebhook(
  db: Database,
  box: SecretBox,
  webhook: NewWebhook,
): Promise<{ row: WebhookRow; secret: SecretRow }> {
  const { accountId, url, description, events, baseUrl } = webhook;
  const id = uuidv7();
  return db.transaction(async (tx) => {
    if (!(await tx.row(insertWebhook, [id, accountId, url, description, events, baseUrl, MAX_WEBHOOKS])))
      throw errors.conflict(`An account has at most ${MAX_WEBHOOKS} webhooks. Delete one first.`);
    const secret = await addSecret(tx, box, { accountId, webhookId: id });
    return { row: (await findWebhook(tx, accountId, id))!, secret: secret! };
  });
}

export const listWebhooks = (db: Queryable, accountId: string): Promise<WebhookRow[]> =>
  db.rows(selectWebhooks, [accountId]);

export const findWebhook = (db: Queryable, accountId: string, id: string): Promise<WebhookRow | undefined> =>
  db.row(selectWebhook, [id, accountId]);

export interface WebhookChange {
  url?: string;
  description?: string | null;
  events?: EventType[];
  enabled?: boolean;
  /** Of whoever changes the URL. */
  baseUrl?: string;
}

/** @returns the webhook as it is now, or undefined if the account has no such one. */
export async function changeWebhook(
  db: Queryable,
  accountId: string,
  id: string,
  change: WebhookChange,
): Promise<WebhookRow | undefined> {
  const current = await findWebhook(db, accountId, id);
  if (!current) return undefined;
  await db.row(updateWebhook, [
    id,
    accountId,
    change.url ?? current.url,
    change.description === undefined ? current.description : change.description,
    change.events ?? current.events,
    change.baseUrl ?? current.base_url,
    change.enabled ?? current.disabled_at === null,
    'switched off over the API',
  ]);
  return findWebhook(db, accountId, id);
}

/** @returns whether the account had such a webhook. */
export const removeWebhook = async (db: Queryable, accountId: string, id: string): Promise<boolean> =>
  (await db.row(deleteWebhook, [id, accountId])) !== undefined;

/** @returns whether it was not disabled before. */
export const disable = async (db: Queryable, id: string, reason: string): Promise<boolean> =>
  (await db.row(disableWebhook, [id, reason])) !== undefined;
