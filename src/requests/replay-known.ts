/** Submits that bring an idempotency key: one that was used before gets the answer it got then. */
import { type Queryable, statement } from '../db/database.ts';
import { errors } from '../errors.ts';
import type { Entry } from './submission.ts';

const readIdempotencyKeys = statement<{
  account_id: string;
  key: string;
  fingerprint: Buffer;
  request_id: string;
}>(
  'read_idempotency_keys',
  `select i.account_id, i.key, i.fingerprint, i.request_id
     from idempotency_keys i
     join unnest($1::uuid[], $2::text[]) as t (account_id, key) on t.account_id = i.account_id and t.key = i.key
    where i.created_at >= now() - interval '24 hours'`,
);

export const withKey = (entries: Entry[]): Entry[] =>
  entries.filter(({ submission }) => submission.idempotency);

/** Decides over those of `entries` whose key was used before. */
export async function replayKnown(db: Queryable, entries: Entry[]): Promise<void> {
  const keyed = withKey(entries);
  const name = (accountId: string, key: string): string => `${accountId} ${key}`;
  const rows = await db.rows(readIdempotencyKeys, [
    keyed.map(({ submission }) => submission.identity.accountId),
    keyed.map(({ submission }) => submission.idempotency!.key),
  ]);
  const known = new Map(rows.map((row) => [name(row.account_id, row.key), row]));
  for (const entry of keyed) {
    const { identity, idempotency } = entry.submission;
    const first = known.get(name(identity.accountId, idempotency!.key));
    if (!first) continue;
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
