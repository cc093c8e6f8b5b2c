/** Links that sign in to the web app: each once, for a while. */
import { timingSafeEqual } from 'node:crypto';
import { type Database, type Queryable, statement } from '../db/database.ts';
import { uuidv7 } from '../lib/ids.ts';
import { fingerprintOf, hashSecret } from './keys.ts';
import { createSession, newToken } from './sessions.ts';

const insertLink = statement<{ expires_at: string }>(
  'insert_sign_in_link',
  `insert into sign_in_links (id, account_id, fingerprint, hash, expires_at)
   values ($1, $2, $3, $4, now() + $5 * interval '1 millisecond')
   returning expires_at`,
);
const selectLinks = statement<{ id: string; hash: Buffer }>(
  'find_sign_in_links',
  'select id, hash from sign_in_links where fingerprint = $1',
);
// Of all who come with it at once, one gets the row.
const takeLink = statement<{ account_id: string }>(
  'take_sign_in_link',
  'delete from sign_in_links where id = $1 and expires_at > now() returning account_id',
);
const deleteExpired = statement<{ id: string }>(
  'delete_expired_sign_in_links',
  'delete from sign_in_links where id in (select id from sign_in_links where expires_at < now() limit $1) returning id',
);

// One that has expired would sign in to nothing; it makes room for the next.
const retireLinkKey = statement<never>(
  'retire_link_key',
  'update keys set revoked_at = now() where account_id = $1 and for_links and revoked_at is null and expires_at <= now()',
);
// Updating nothing locks the one that is there: it cannot be revoked before the session is.
const ensureLinkKey = statement<{ id: string }>(
  'ensure_link_key',
  `insert into keys (id, account_id, name, fingerprint, hash, hint, scopes, for_links)
   values ($1, $2, 'Web app (link)', $3, $4, 'link', '{admin}', true)
   on conflict (account_id) where for_links and revoked_at is null do update set for_links = true
   returning id`,
);

/** What to put behind the server's address, shown once, and when it stops working. */
export interface SignInLink {
  path: string;
  expiresAt: string;
}

export async function createSignInLink(
  db: Queryable,
  accountId: string,
  lifetimeMs: number,
): Promise<SignInLink> {
  const token = newToken();
  const hash = hashSecret(token);
  const row = await db.row(insertLink, [uuidv7(), accountId, fingerprintOf(hash), hash, lifetimeMs]);
  // Behind the # browsers keep it to themselves: it gets into no log and no Referer. See api/link-page.ts.
  return { path: `/link#${token}`, expiresAt: row!.expires_at };
}

/** Uses a link up. @returns the token of a new session as admin of its account; undefined when it is used, expired or unknown. */
export function signInByLink(db: Database, token: string): Promise<string | undefined> {
  const hash = hashSecret(token);
  return db.transaction(async (tx) => {
    const links = await tx.rows(selectLinks, [fingerprintOf(hash)]);
    const link = links.find((one) => timingSafeEqual(one.hash, hash));
    const taken = link && (await tx.row(takeLink, [link.id]));
    return taken && createSession(tx, await linkKeyOf(tx, taken.account_id));
  });
}

/** What is done by link is counted, limited and revoked as that of any key, by a key of its own. */
async function linkKeyOf(tx: Queryable, accountId: string): Promise<string> {
  const nobodyKnows = hashSecret(newToken());
  await tx.rows(retireLinkKey, [accountId]);
  const key = await tx.row(ensureLinkKey, [uuidv7(), accountId, fingerprintOf(nobodyKnows), nobodyKnows]);
  return key!.id;
}

/** @returns how many were removed, at most `limit`. */
export const removeExpiredLinks = async (db: Queryable, limit: number): Promise<number> =>
  (await db.rows(deleteExpired, [limit])).length;
