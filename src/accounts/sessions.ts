/** Sessions of the web app: a browser that acts as an API key, known by a token that only its cookie has. */
import { type Queryable, statement } from '../db/database.ts';
import { randomName, uuidv7 } from '../lib/ids.ts';
import { fingerprintOf, hashSecret } from './keys.ts';
import type { Scope } from './scopes.ts';

/** How long a session works: after its last use, and from its beginning. */
export interface SessionTimes {
  sessionIdleMs: number;
  sessionLifetimeMs: number;
}

/** 260 random bits, as are those of sign-in links. */
export const newToken = (): string => randomName(52);
export const isToken = (text: string): boolean => /^[0-9a-z]{52}$/.test(text);

const insertSession = statement<{ id: string }>(
  'insert_session',
  'insert into sessions (id, key_id, fingerprint, hash) values ($1, $2, $3, $4) returning id',
);
const deleteSession = statement<{ id: string }>(
  'delete_session',
  'delete from sessions where fingerprint = $1 and hash = $2 returning id',
);
const touch = statement<never>(
  'touch_sessions',
  `update sessions set seen_at = now() where id = any($1::uuid[]) and seen_at < now() - interval '1 minute'`,
);

/** When a session of alias `s` ends, with the times in milliseconds as the two parameters named. */
export const endOfSession = (idleMs: string, lifetimeMs: string): string =>
  `least(s.seen_at + ${idleMs} * interval '1 millisecond', s.created_at + ${lifetimeMs} * interval '1 millisecond')`;

/** @returns the new session's token, which is stored nowhere. */
export async function createSession(db: Queryable, keyId: string): Promise<string> {
  const token = newToken();
  const hash = hashSecret(token);
  await db.row(insertSession, [uuidv7(), keyId, fingerprintOf(hash), hash]);
  return token;
}

/** @returns the ids of those that were there, for who remembers them. */
export async function endSessions(db: Queryable, tokens: readonly string[]): Promise<string[]> {
  const ended: string[] = [];
  for (const token of tokens) {
    const hash = hashSecret(token);
    // The database compares hashes of random tokens: how far it gets tells nothing of the token.
    const row = await db.row(deleteSession, [fingerprintOf(hash), hash]);
    if (row) ended.push(row.id);
  }
  return ended;
}

/** Notes that these were used just now; to the minute. */
export const touchSessions = (db: Queryable, ids: readonly string[]): Promise<never[]> =>
  db.rows(touch, [ids]);

/** Who is signed in, and what is left to spend this month. */
export interface SignedIn {
  /** Null where a key was sent instead. */
  session_id: string | null;
  created_at: string | null;
  expires_at: string | null;
  account_id: string;
  account_name: string;
  operator: boolean;
  key_id: string;
  key_name: string;
  scopes: Scope[];
  by_link: boolean;
  /** Millionths of a USD; null: no limit. */
  key_remaining: number | null;
  account_remaining: number | null;
}

const selectSignedIn = statement<SignedIn>(
  'list_signed_in',
  `select s.id as session_id, s.created_at, ${endOfSession('$3', '$4')} as expires_at,
          a.id as account_id, a.name as account_name, a.operator,
          k.id as key_id, k.name as key_name, k.scopes, k.for_links as by_link,
          case when k.monthly_budget is not null then greatest(0, k.monthly_budget - coalesce(ks.reserved + ks.spent, 0)) end as key_remaining,
          case when a.monthly_budget is not null then greatest(0, a.monthly_budget - coalesce(acs.reserved + acs.spent, 0)) end as account_remaining
     from keys k
     join accounts a on a.id = k.account_id
     left join sessions s on s.key_id = k.id and s.id = any($2::uuid[])
     left join spending ks on ks.owner_id = k.id and ks.month = date_trunc('month', now())::date
     left join spending acs on acs.owner_id = a.id and acs.month = date_trunc('month', now())::date
    where k.id = any($1::uuid[])
    order by s.id desc`,
);

/** Of these keys, with those of their sessions that are named; the newest session first. */
export const listSignedIn = (
  db: Queryable,
  keyIds: readonly string[],
  sessionIds: readonly string[],
  { sessionIdleMs, sessionLifetimeMs }: SessionTimes,
): Promise<SignedIn[]> => db.rows(selectSignedIn, [keyIds, sessionIds, sessionIdleMs, sessionLifetimeMs]);

const deleteEnded = statement<{ id: string }>(
  'delete_ended_sessions',
  `delete from sessions
    where id in (
      select s.id from sessions s join keys k on k.id = s.key_id
       where ${endOfSession('$2', '$3')} < now() or k.revoked_at is not null or k.expires_at < now()
       limit $1)
   returning id`,
);

/** @returns how many of those that work no more were removed, at most `limit`. */
export const removeEndedSessions = async (
  db: Queryable,
  { sessionIdleMs, sessionLifetimeMs }: SessionTimes,
  limit: number,
): Promise<number> => (await db.rows(deleteEnded, [limit, sessionIdleMs, sessionLifetimeMs])).length;
