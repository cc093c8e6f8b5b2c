/** From an Authorization header, or a session's token, to whose call it is, without a query for most calls. */
import { timingSafeEqual } from 'node:crypto';
import { type Database, statement } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { errors } from '../errors.ts';
import { fingerprintOf, hashOfSecret, hashSecret } from './keys.ts';
import type { Scope } from './scopes.ts';
import { endOfSession, type SessionTimes, touchSessions } from './sessions.ts';

/** Whose call it is, and within which limits. */
export interface Identity {
  keyId: string;
  accountId: string;
  /** The account's: with the scope admin it may see and change the whole system. */
  operator: boolean;
  /** Where a browser calls by its cookie: it acts as the key. */
  sessionId?: string;
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
  operator: boolean;
  scopes: Scope[];
  requests_per_minute: number | null;
  key_budget: number | null;
  account_budget: number | null;
  max_running: number | null;
  max_queued: number | null;
}
type StoredSession = StoredKey & { session_id: string };

const WHOSE = `k.revoked_at is not null as revoked, k.id, k.account_id, a.operator, k.scopes, k.requests_per_minute,
  k.monthly_budget as key_budget, a.monthly_budget as account_budget, a.max_running, a.max_queued`;

const selectByFingerprint = statement<StoredKey>(
  'authenticate',
  `select k.hash, k.expires_at, ${WHOSE}
     from keys k join accounts a on a.id = k.account_id
    where k.fingerprint = $1`,
);
const selectSession = statement<StoredSession>(
  'authenticate_session',
  `select s.hash, least(k.expires_at, ${endOfSession('$2', '$3')}) as expires_at, s.id as session_id, ${WHOSE}
     from sessions s join keys k on k.id = s.key_id join accounts a on a.id = k.account_id
    where s.fingerprint = $1`,
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
export const MAX_SECRET_CHARACTERS = 512;

const KEY_REFUSALS = {
  unknown: 'The API key is not known here. Check it, or make one with `darkroom keys create`.',
  revoked: 'The API key has been revoked.',
  expired: 'The API key has expired.',
};
const SESSION_REFUSALS = {
  unknown: 'You are signed out. Sign in again.',
  revoked: 'The API key that you signed in with has been revoked. Sign in with another.',
  expired: 'You have been signed out after a while. Sign in again.',
};
type Refusals = typeof KEY_REFUSALS;

export interface Authenticator extends AsyncDisposable {
  /** @throws 401 when the key is missing, malformed, unknown, expired or revoked. */
  identify(authorization: string | undefined): Promise<Identity> | Identity;
  /** The same of a key by itself. */
  identifyKey(secret: string): Promise<Identity> | Identity;
  /** Whose session has this token. @throws 401 when it has ended, or its key no longer works. */
  identifySession(token: string): Promise<Identity> | Identity;
  /** Writes the last use of keys and sessions now. */
  flush(): Promise<void>;
}

type Answer = { identity: Identity; expiresAtMs: number; refusals: Refusals } | { refusal: string };
type LookUp = (secretHash: Buffer) => Promise<Answer>;

export function createAuthenticator(
  db: Database,
  notifications: Notifications,
  config: { maxRunning: number; maxQueued: number } & SessionTimes,
  now: () => number = Date.now,
): Authenticator {
  const cache = new Map<string, { answer: Promise<Answer> | Answer; untilMs: number }>();
  const used = new Set<string>();
  const usedSessions = new Set<string>();
  const clear = (): void => cache.clear();
  const unsubscribe = [notifications.subscribe('keys', clear), notifications.subscribe('reconnected', clear)];

  const lookUpKey: LookUp = async (secretHash) => {
    const rows = await db.rows(selectByFingerprint, [fingerprintOf(secretHash)]);
    return decide(
      rows.find(({ hash }) => timingSafeEqual(hash, secretHash)),
      KEY_REFUSALS,
    );
  };
  const lookUpSession: LookUp = async (tokenHash) => {
    const times = [config.sessionIdleMs, config.sessionLifetimeMs];
    const rows = await db.rows(selectSession, [fingerprintOf(tokenHash), ...times]);
    return decide(
      rows.find(({ hash }) => timingSafeEqual(hash, tokenHash)),
      SESSION_REFUSALS,
    );
  };

  function decide(row: StoredKey | StoredSession | undefined, refusals: Refusals): Answer {
    if (!row) return { refusal: refusals.unknown };
    if (row.revoked) return { refusal: refusals.revoked };
    return {
      refusals,
      expiresAtMs: row.expires_at ? Date.parse(row.expires_at) : Number.POSITIVE_INFINITY,
      identity: {
        keyId: row.id,
        accountId: row.account_id,
        operator: row.operator,
        ...('session_id' in row && { sessionId: row.session_id }),
        scopes: row.scopes,
        requestsPerMinute: row.requests_per_minute,
        keyBudget: row.key_budget,
        accountBudget: row.account_budget,
        maxRunning: row.max_running ?? config.maxRunning,
        maxQueued: row.max_queued ?? config.maxQueued,
      },
    };
  }

  function accept(answer: Answer): Identity {
    if ('refusal' in answer) throw errors.userAccount(answer.refusal);
    if (answer.expiresAtMs <= now()) throw errors.userAccount(answer.refusals.expired);
    used.add(answer.identity.keyId);
    if (answer.identity.sessionId) usedSessions.add(answer.identity.sessionId);
    return answer.identity;
  }

  function recall(kind: string, secret: string, lookUp: LookUp): Promise<Identity> | Identity {
    const cacheKey = kind + hashOfSecret(secret);
    const cached = cache.get(cacheKey);
    if (cached && cached.untilMs > now()) {
      return cached.answer instanceof Promise ? cached.answer.then(accept) : accept(cached.answer);
    }
    if (cache.size >= CACHE_ENTRIES) cache.clear();
    const entry: { answer: Promise<Answer> | Answer; untilMs: number } = {
      answer: lookUp(hashSecret(secret)),
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
  }

  async function flush(): Promise<void> {
    const [keys, sessions] = [[...used], [...usedSessions]];
    used.clear();
    usedSessions.clear();
    if (keys.length > 0) await db.rows(touch, [keys]);
    if (sessions.length > 0) await touchSessions(db, sessions);
  }
  const timer = setInterval(() => void flush().catch(() => {}), TOUCH_EVERY_MS);
  timer.unref();

  const identifyKey = (secret: string) => recall('key ', secret, lookUpKey);
  return {
    identify: (authorization) => identifyKey(readBearer(authorization)),
    identifyKey,
    identifySession: (token) => recall('session ', token, lookUpSession),
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
