/** Submits that bring an idempotency key: one that was used before gets the answer it got then. */
import { type Queryable, statement } from '../db/database.ts';
import { errors } from '../errors.ts';
import type { Entry } from './submission.ts';

// A key that is older than its keeping time is taken over as if it were new.
const claimIdempotencyKeys = statement<{ account_id: string; key: string }>(
  'claim_idempotency_keys',
  `insert into idempotency_keys as i (account_id, key, fingerprint, request_id)
   select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[]) as t (account_id, key, fingerprint, request_id)
    order by account_id, key
   on conflict (account_id, key) do update
      set fingerprint = excluded.fingerprint, request_id = excluded.request_id, created_at = now()
    where i.created_at < now() - interval '24 hours'
   returning account_id, key`,
);
const readIdempotencyKeys = statement<{
  account_id: string;
  key: string;
  fingerprint: Buffer;
  request_id: string;
}>(
  'read_idempotency_keys',
  `select i.account_id, i.key, i.fingerprint, i.request_id
     from idempotency_keys i
     join unnest($1::uuid[], $2::text[]) as t (account_id, key) on t.account_id = i.account_id and t.key = i.key`,
);

/** Claims the keys of `entries` that bring one, and decides over those that were used before. */
export async function replayKnown(tx: Queryable, entries: Entry[]): Promise<void> {
  const keyed = withKey(entries);
  if (keyed.length === 0) return;
  const name = (accountId: string, key: string): string => `${accountId} ${key}`;
  const accounts = keyed.map(({ submission }) => submission.identity.accountId);
  const keys = keyed.map(({ submission }) => submission.idempotency!.key);
  const fresh = await tx.rows(claimIdempotencyKeys, [
    accounts,
    keys,
    keyed.map(({ submission }) => submission.idempotency!.fingerprint),
    keyed.map(({ requestId }) => requestId),
  ]);
  if (fresh.length === keyed.length) return;
  const claimed = new Set(fresh.map((row) => name(row.account_id, row.key)));
  const known = new Map(
    (await tx.rows(readIdempotencyKeys, [accounts, keys])).map((row) => [name(row.account_id, row.key), row]),
  );
  for (const entry of keyed) {
    const { identity, idempotency } = entry.submission;
    const id = name(identity.accountId, idempotency!.key);
    if (claimed.has(id)) continue;
    const first = known.get(id);
    if (!first) {
      entry.outcome = errors.conflict('This Idempotency-Key has just expired. Send the request again.', 1);
      continue;
    }
    entry.outcome = first.fingerprint.equals(idempotency!.fingerprint)
      ? { requestId: first.request_id, replayed: true }
      : errors.validation([
          {
            loc: ['header', 'Idempotency-Key'],
            msg: 'was used before with another model or body; use a new key',
            type: 'idempotency_mismatch',
          },
        ]);
  }
}

const forgetIdempotencyKeys = statement<never>(
  'forget_idempotency_keys',
  'delete from idempotency_keys where account_id = any($1::uuid[]) and key = any($2::text[]) and request_id = any($3::uuid[])',
);

/** What was refused may be sent again under the same key. */
export async function forgetKeys(tx: Queryable, refused: Entry[]): Promise<void> {
  const keyed = withKey(refused);
  if (keyed.length === 0) return;
  await tx.rows(forgetIdempotencyKeys, [
    keyed.map(({ submission }) => submission.identity.accountId),
    keyed.map(({ submission }) => submission.idempotency!.key),
    keyed.map(({ requestId }) => requestId),
  ]);
}

const withKey = (entries: Entry[]): Entry[] => entries.filter(({ submission }) => submission.idempotency);
