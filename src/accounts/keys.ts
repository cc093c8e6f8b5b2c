/** API keys: made, listed, changed and revoked. The secret is shown once, when it is made, and stored as a hash. */
import { hash } from 'node:crypto';
import { type Queryable, statement } from '../db/database.ts';
import { randomName, uuidv7 } from '../lib/ids.ts';
import type { Scope } from './scopes.ts';

export interface KeyRow {
  id: string;
  account_id: string;
  name: string;
  hint: string;
  scopes: Scope[];
  /** Millionths of a USD a calendar month; null: no limit. */
  monthly_budget: number | null;
  requests_per_minute: number | null;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
  /** Millionths of a USD this month, with what is reserved for unfinished requests. */
  spent_this_month: number;
}

export interface NewKey {
  accountId: string;
  name: string;
  scopes: Scope[];
  monthlyBudget?: number | null;
  requestsPerMinute?: number | null;
  expiresAt?: string | null;
  /** A secret chosen elsewhere; absent: a random one. */
  secret?: string;
}

const FINGERPRINT_BYTES = 8;
const HINT_CHARACTERS = 8;

export const hashSecret = (secret: string): Buffer => hash('sha256', secret, 'buffer');
/** The same as text: a name to remember a secret by, at a fifth of the price. */
export const hashOfSecret = (secret: string): string => hash('sha256', secret, 'hex');
export const fingerprintOf = (secretHash: Buffer): Buffer => secretHash.subarray(0, FINGERPRINT_BYTES);

const COLUMNS = `k.id, k.account_id, k.name, k.hint, k.scopes, k.monthly_budget, k.requests_per_minute,
  k.created_at, k.last_used_at, k.expires_at, k.revoked_at, coalesce(s.reserved + s.spent, 0) as spent_this_month`;
const SPENDING = `left join spending s on s.owner_id = k.id and s.month = date_trunc('month', now())::date`;

const insertKey = statement<KeyRow>(
  'insert_key',
  `with k as (
     insert into keys (id, account_id, name, fingerprint, hash, hint, scopes, monthly_budget, requests_per_minute, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     returning *
   )
   select ${COLUMNS} from k ${SPENDING}`,
);
const selectKeys = statement<KeyRow>(
  'list_keys',
  `select ${COLUMNS} from keys k ${SPENDING} where k.account_id = $1 order by k.id desc`,
);
const selectAllKeys = statement<KeyRow>(
  'list_all_keys',
  `select ${COLUMNS} from keys k ${SPENDING} order by k.id desc`,
);
const selectKey = statement<KeyRow>(
  'get_key',
  `select ${COLUMNS} from keys k ${SPENDING} where k.id = $1 and k.account_id = $2`,
);
const updateKey = statement<KeyRow>(
  'update_key',
  `with k as (
     update keys set name = $3, scopes = $4, monthly_budget = $5, requests_per_minute = $6, expires_at = $7
      where id = $1 and account_id = $2
     returning *
   )
   select ${COLUMNS} from k ${SPENDING}`,
);
const revoke = statement<{ id: string }>(
  'revoke_key',
  `update keys set revoked_at = coalesce(revoked_at, now()) where id = $1 and account_id = $2 returning id`,
);
const selectAnyKeys = statement<KeyRow>(
  'find_any_keys',
  `select ${COLUMNS} from keys k ${SPENDING} where k.id::text = $1 or k.hint = $1 order by k.id desc`,
);

/** `dk_` and 200 random bits. */
const newSecret = (): string => `dk_${randomName(40)}`;

/** @returns the row and, this once, the secret. */
export async function createKey(db: Queryable, key: NewKey): Promise<{ row: KeyRow; secret: string }> {
  const secret = key.secret ?? newSecret();
  const secretHash = hashSecret(secret);
  const row = await db.row(insertKey, [
    uuidv7(),
    key.accountId,
    key.name,
    fingerprintOf(secretHash),
    secretHash,
    // Of a short key chosen by an operator not so much that the rest could be guessed.
    secret.slice(0, Math.min(HINT_CHARACTERS, Math.floor(secret.length / 2))),
    key.scopes,
    key.monthlyBudget ?? null,
    key.requestsPerMinute ?? null,
    key.expiresAt ?? null,
  ]);
  return { row: row!, secret };
}

export const listKeys = (db: Queryable, accountId: string): Promise<KeyRow[]> =>
  db.rows(selectKeys, [accountId]);

/** Of every account: for the operator's command line. */
export const listAllKeys = (db: Queryable): Promise<KeyRow[]> => db.rows(selectAllKeys);

export const findKey = (db: Queryable, accountId: string, keyId: string): Promise<KeyRow | undefined> =>
  db.row(selectKey, [keyId, accountId]);

export type KeyChange = Partial<
  Pick<KeyRow, 'name' | 'scopes' | 'monthly_budget' | 'requests_per_minute' | 'expires_at'>
>;

/** @returns the key as it is now, or undefined if the account has no such key. */
export async function changeKey(
  db: Queryable,
  accountId: string,
  keyId: string,
  change: KeyChange,
): Promise<KeyRow | undefined> {
  const current = await findKey(db, accountId, keyId);
  if (!current) return undefined;
  const next = { ...current, ...change };
  return db.row(updateKey, [
    keyId,
    accountId,
    next.name,
    next.scopes,
    next.monthly_budget,
    next.requests_per_minute,
    next.expires_at,
  ]);
}

/** @returns whether the account has such a key; revoking it again changes nothing. */
export const revokeKey = async (db: Queryable, accountId: string, keyId: string): Promise<boolean> =>
  (await db.row(revoke, [keyId, accountId])) !== undefined;

/** By id or hint, of any account: for the operator's command line. Several keys may have the same hint. */
export const findAnyKeys = (db: Queryable, idOrHint: string): Promise<KeyRow[]> =>
  db.rows(selectAnyKeys, [idOrHint]);
