/** From an Authorization header to whose call it is, without a query for most calls. */
import { timingSafeEqual } from 'node:crypto';
import { type Database, statement } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { errors } from '../errors.ts';
import { fingerprintOf, hashSecret } from './keys.ts';
import type { Scope } from './scopes.ts';

/** Whose call it is, and within which limits. */
export interface Identity {
  keyId: string;
  accountId: string;
  scopes: Scope[];
  requestsPerMinute: number | null;
  /** Millionths of a USD a month; null: no limit. */
  keyBudget: number | null;
  accountBudget: number | null;
  maxRunning: number;
  maxQueued: number;
}

interface StoredKey {
  hash: Buffer;
  revoked: boolean;
  expires_at: string | null;
  id: string;
  account_id: string;
  scopes: Scope[];
  requests_per_minute: number | null;
  key_budget: number | null;
  account_budget: number | null;
  max_running: number | null;
  max_queued: number | null;
}

const selectByFingerprint = statement<StoredKey>(
  'authenticate',
  `select k.hash, k.revoked_at is not null as revoked, k.expires_at, k.id, k.account_id, k.scopes, k.requests_per_minute,
          k.monthly_budget as key_budget, a.monthly_budget as account_budget, a.max_running, a.max_queued
     from keys k join accounts a on a.id = k.account_id
    where k.fingerprint = $1`,
);
const touch = statement<never>(
  'touch_keys',
  'update keys set last_used_at = now() where id = any($1::uuid[])',
);

/** A change elsewhere is told by notification; this is how long a lost one can matter. */
const CACHE_MS = 5000;
const CACHE_ENTRIES = 20_000;
const TOUCH_EVERY_MS = 10_000;
/** Longer ones are no key of ours, and hashing megabytes for strangers is no service. */
const MAX_SECRET_CHARACTERS = 512;

export interface Authenticator extends AsyncDisposable {
  /** @throws 401 when the key is missing, malformed, unknown, expired or revoked. */
  identify(authorization: string | undefined): Promise<Identity> | Identity;
  /** Writes the last use of keys now. */
  flush(): Promise<void>;
}

type Answer = { identity: Identity; expiresAtMs: number } | { refusal: string };

export function createAuthenticator(
  db: Database,
  notifications: Notifications,
  defaults: { maxRunning: number; maxQueued: number },
  now: () => number = Date.now,
): Authenticator {
  const cache = new Map<string, { answer: Promise<Answer> | Answer; untilMs: number }>();
  const used = new Set<string>();
  const clear = (): void => cache.clear();
  const unsubscribe = [notifications.subscribe('keys', clear), notifications.subscribe('reconnected', clear)];

  async function lookUp(secretHash: Buffer): Promise<Answer> {
    const rows = await db.rows(selectByFingerprint, [fingerprintOf(secretHash)]);
    const row = rows.find(({ hash }) => timingSafeEqual(hash, secretHash));
    if (!row)
      return { refusal: 'The API key is not known here. Check it, or make one with `darkroom keys create`.' };
    if (row.revoked) return { refusal: 'The API key has been revoked.' };
    return {
      expiresAtMs: row.expires_at ? Date.parse(row.expires_at) : Number.POSITIVE_INFINITY,
      identity: {
        keyId: row.id,
        accountId: row.account_id,
        scopes: row.scopes,
        requestsPerMinute: row.requests_per_minute,
        keyBudget: row.key_budget,
        accountBudget: row.account_budget,
        maxRunning: row.max_running ?? defaults.maxRunning,
        maxQueued: row.max_queued ?? defaults.maxQueued,
      },
    };
  }

  function accept(answer: Answer): Identity {
    if ('refusal' in answer) throw errors.userAccount(answer.refusal);
    if (answer.expiresAtMs <= now()) throw errors.userAccount('The API key has expired.');
    used.add(answer.identity.keyId);
    return answer.identity;
  }

  async function flush(): Promise<void> {
    const ids = [...used];
    used.clear();
    if (ids.length > 0) await db.rows(touch, [ids]);
  }
  const timer = setInterval(() => void flush().catch(() => {}), TOUCH_EVERY_MS);
  timer.unref();

  return {
    identify(authorization) {
      const secret = readBearer(authorization);
      const secretHash = hashSecret(secret);
      const cacheKey = secretHash.toString('latin1');
      const cached = cache.get(cacheKey);
      if (cached && cached.untilMs > now()) {
        return cached.answer instanceof Promise ? cached.answer.then(accept) : accept(cached.answer);
      }
      if (cache.size >= CACHE_ENTRIES) cache.clear();
      const entry: { answer: Promise<Answer> | Answer; untilMs: number } = {
        answer: lookUp(secretHash),
        untilMs: now() + CACHE_MS,
      };
      cache.set(cacheKey, entry);
      return (entry.answer as Promise<Answer>).then(
        (answer) => {
          entry.answer = answer;
          return accept(answer);
        },
        (error) => {
          cache.delete(cacheKey);
          throw error;
        },
      );
    },
    flush,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const stop of unsubscribe) stop();
      await flush().catch(() => {});
    },
  };
}

function readBearer(authorization: string | undefined): string {
  if (!authorization) {
    throw errors.userAccount('No API key was given. Send it as `Authorization: Bearer <key>`.');
  }
  const secret = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
  if (!secret || secret.length > MAX_SECRET_CHARACTERS) {
    throw errors.userAccount('The Authorization header is malformed. It must be `Bearer <key>`.');
  }
  return secret;
}
