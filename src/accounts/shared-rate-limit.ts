/** Calls a minute for each key, counted by the database for all processes: each takes some in advance and gives them out. */
import { type Database, statement } from '../db/database.ts';
import type { Identity } from './authenticate.ts';
import { NO_HEADERS, type RateLimit, refuse, standardHeaders } from './rate-limit.ts';

/** Of a minute's calls, taken at once: few queries for a busy key, few calls left unused by a process that took them. */
const TAKEN_AT_ONCE = 1 / 100;

const take = statement<{ granted: number; used: number; ends_in_ms: number }>(
  'take_calls',
  `insert into key_rates as k (key_id, minute, used, granted)
   values ($1, date_trunc('minute', clock_timestamp()), least($2::int, $3::int), least($2::int, $3::int))
   on conflict (key_id) do update
      set granted = case when k.minute = excluded.minute then least($2::int, greatest(0, $3::int - k.used)) else excluded.granted end,
          used = case when k.minute = excluded.minute then k.used + least($2::int, greatest(0, $3::int - k.used)) else excluded.used end,
          minute = excluded.minute
   returning granted, used, 1000 * extract(epoch from minute + interval '1 minute' - clock_timestamp())::float8 as ends_in_ms`,
);

interface Share {
  limit: number;
  /** Calls taken and not given out yet. */
  left: number;
  /** Taken by all processes together when this one last looked. */
  used: number;
  endsAtMs: number;
}

/** @param perMinute for keys without a limit of their own; 0: none */
export function createSharedRateLimit(
  db: Database,
  perMinute: number,
  now: () => number = () => performance.now(),
): RateLimit {
  const shares = new Map<string, Share>();
  const taking = new Map<string, Promise<Share>>();

  async function takeShare(keyId: string, limit: number): Promise<Share> {
    const row = (await db.row(take, [keyId, Math.ceil(limit * TAKEN_AT_ONCE), limit]))!;
    const share = { limit, left: row.granted, used: row.used, endsAtMs: now() + row.ends_in_ms };
    shares.set(keyId, share);
    return share;
  }

  /** All who wait for the next share of a key wait for the same. */
  function nextShare(keyId: string, limit: number): Promise<Share> {
    const under = taking.get(keyId) ?? takeShare(keyId, limit).finally(() => taking.delete(keyId));
    taking.set(keyId, under);
    return under;
  }

  const takeOne = async (identity: Identity, limit: number): Promise<Record<string, string>> => {
    for (;;) {
      const known = shares.get(identity.keyId);
      const share =
        known && known.limit === limit && known.endsAtMs > now() && (known.left > 0 || known.used >= limit)
          ? known
          : await nextShare(identity.keyId, limit);
      const msLeft = Math.max(0, share.endsAtMs - now());
      if (share.left > 0) {
        share.left--;
        return standardHeaders(limit, limit - share.used + share.left, msLeft);
      }
      if (share.used >= limit && msLeft > 0) throw refuse(limit, msLeft);
    }
  };
  return (identity) => {
    const limit = identity.requestsPerMinute ?? perMinute;
    return limit === 0 ? NO_HEADERS : takeOne(identity, limit);
  };
}
