/** What deliveries are signed with: of a webhook, or of the account for the URLs that its submits name. */
import { type Database, type Queryable, statement } from '../db/database.ts';
import { uuidv7 } from '../lib/ids.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import { newSecret, writeSecret } from './sign.ts';

/** `webhookId` null: the account's own. */
export interface SecretOwner {
  accountId: string;
  webhookId: string | null;
}

export interface SecretRow {
  id: string;
  sealed: Buffer;
  created_at: string;
  /** Null: the one that holds; the others do so until then. */
  expires_at: string | null;
}

/** A receiver may have to be changed in several places, one after the other; more than these nobody can keep apart. */
const MOST_VALID = 5;

const OWNED = 'account_id = $1 and webhook_id is not distinct from $2::uuid';

const selectValid = statement<SecretRow>(
  'read_webhook_secrets',
  `select id, sealed, created_at, expires_at from webhook_secrets
    where ${OWNED} and (expires_at is null or expires_at > now())
    order by expires_at is null desc, created_at desc`,
);
const insertSecret = statement<SecretRow>(
  'insert_webhook_secret',
  `insert into webhook_secrets (id, account_id, webhook_id, sealed) values ($3, $1, $2, $4)
   on conflict (account_id, webhook_id) where expires_at is null do nothing
   returning id, sealed, created_at, expires_at`,
);
const lockAccount = statement<never>(
  'lock_account',
  'select id from accounts where id = $1 for no key update',
);
const expireOthers = statement<never>(
  'expire_webhook_secrets',
  `update webhook_secrets set expires_at = least(expires_at, now() + make_interval(secs => $3)) where ${OWNED}`,
);
const deleteExpired = statement<never>(
  'delete_expired_webhook_secrets',
  `delete from webhook_secrets
    where ${OWNED}
      and (expires_at < now()
           or id in (select id from webhook_secrets where ${OWNED} order by expires_at is null desc, created_at desc offset $3))`,
);

/** The secrets that hold now, the newest first; there is always one, made when it is first asked for. */
export async function readSecrets(db: Queryable, box: SecretBox, owner: SecretOwner): Promise<SecretRow[]> {
  const values = [owner.accountId, owner.webhookId];
  const found = await db.rows(selectValid, values);
  if (found.length > 0) return found;
  await addSecret(db, box, owner);
  // Somebody else's, if two asked at once.
  return db.rows(selectValid, values);
}

export async function addSecret(
  db: Queryable,
  box: SecretBox,
  { accountId, webhookId }: SecretOwner,
): Promise<SecretRow | undefined> {
  const id = uuidv7();
  return db.row(insertSecret, [accountId, webhookId, id, box.seal(newSecret(), id)]);
}

/**
 * A new secret; those before it go on to hold for `overlapSeconds`, so that the receivers can change over.
 * @returns all that hold now, the newest first
 */
export function rotateSecret(
  db: Database,
  box: SecretBox,
  owner: SecretOwner,
  overlapSeconds: number,
): Promise<SecretRow[]> {
  const values = [owner.accountId, owner.webhookId];
  return db.transaction(async (tx) => {
    await tx.rows(lockAccount, [owner.accountId]);
    // One that never had any gives its receivers the time as well.
    await addSecret(tx, box, owner);
    await tx.rows(expireOthers, [...values, overlapSeconds]);
    await addSecret(tx, box, owner);
    await tx.rows(deleteExpired, [...values, MOST_VALID]);
    return tx.rows(selectValid, values);
  });
}

const countOthers = statement<{ secrets: number }>(
  'count_unreadable_webhook_secrets',
  `select count(*) as secrets from webhook_secrets
    where (expires_at is null or expires_at > now()) and substring(sealed for $2) <> all ($1::bytea[])`,
);

/** Secrets that hold and cannot be opened here. */
export const countUnreadableSecrets = async (db: Queryable, { keyIds }: SecretBox): Promise<number> =>
  (await db.row(countOthers, [keyIds, keyIds[0]!.length]))!.secrets;

/** As receivers are given it. @throws as `SecretBox.open`. */
export const revealSecret = (box: SecretBox, { id, sealed }: Pick<SecretRow, 'id' | 'sealed'>): string =>
  writeSecret(openSecret(box, { id, sealed }));

export const openSecret = (box: SecretBox, { id, sealed }: Pick<SecretRow, 'id' | 'sealed'>): Buffer =>
  box.open(sealed, id);
