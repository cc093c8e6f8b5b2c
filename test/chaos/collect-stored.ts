/** What the database and the bucket hold at the end of a chaos run, looked at beside all processes. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { createClient } from '../../src/files/s3-client.ts';
import type { Peek } from '../support/database.ts';
import type { TestBucket } from '../support/s3.ts';
import type { AccountMoney, Stored } from './ledger.ts';
import type { Account } from './load.ts';

export async function collectStored(peek: Peek, bucket: TestBucket): Promise<Stored> {
  const requests = await peek.rows<Stored['requests'][number]>(
    `select r.id, r.state, r.cost, r.done, u.outcome as "usageOutcome", u.cost as "usageCost",
            (select count(*)::int from usage where request_id = r.id) as usage
       from requests r left join usage u on u.request_id = r.id`,
  );
  const files = await peek.rows<Stored['files'][number]>(
    `select id, kind, request_id as "requestId", round || '/' || ordinal as place, bytes, expires_at is not null as expires
       from files`,
  );
  // The bucket after the rows: bytes come after their row.
  return {
    requests,
    files,
    objects: await listObjects(bucket),
    lanesAtWork: (
      await peek.rows<{ lane: string }>(
        `select format('%s of %s: %s queued, %s running, %s taken and %s gone, %s requests', l.pool, a.name, l.queued, l.running,
                       l.enqueued, l.departed, n.requests) as lane
           from lanes l join accounts a on a.id = l.account_id
          cross join lateral (select count(*) as requests from requests r where r.account_id = l.account_id and r.pool = l.pool) n
          where (l.queued, l.running, l.enqueued, l.departed) is distinct from (0, 0, n.requests, n.requests)`,
      )
    ).map(({ lane }) => lane),
    idempotencyKeys: await peek.rows(`select key, request_id as "requestId" from idempotency_keys`),
    leftOvers: (
      await peek.rows<{ what: string }>(
        `select format('an event that was not handed out: %s of %s', type, request_id) as what from webhook_outbox
         union all
         select format('a delivery that is %s: %s of %s: %s', state, type, request_id, error) from webhook_deliveries where state <> 'delivered'
         union all
         select format('a call of %s that still counts', backend) from backend_calls
         union all
         select format('%s calls of %s that still count', running, backend) from backend_limits where running <> 0`,
      )
    ).map(({ what }) => what),
  };
}

/** What ids of files begin with. */
const FIRST_CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

async function listObjects({ settings }: TestBucket): Promise<Stored['objects']> {
  const client = createClient(settings, settings.endpoint);
  const folder = `${settings.prefix}files/`;
  const objects: Stored['objects'] = [];
  // In parts instead of pages: s3rver makes the token of a next page with a cipher that OpenSSL has no longer.
  for (const first of FIRST_CHARACTERS) {
    const { Contents = [], IsTruncated } = await client.send(
      new ListObjectsV2Command({ Bucket: settings.bucket, Prefix: folder + first }),
    );
    if (IsTruncated) throw new Error('there are too many objects to list');
    for (const { Key, Size } of Contents) objects.push({ id: Key!.slice(folder.length), bytes: Size! });
  }
  client.destroy();
  return objects;
}

/** What the account and its key have spent and reserved. */
export async function collectSpending(
  peek: Peek,
  { accountId, keyId }: Account,
): Promise<Pick<AccountMoney, 'spent' | 'reserved'>> {
  const rows = await peek.rows<{ spent: number; reserved: number }>(
    'select sum(spent)::bigint as spent, sum(reserved)::bigint as reserved from spending where owner_id in ($1, $2) group by owner_id',
    [accountId, keyId],
  );
  return { spent: rows.map(({ spent }) => spent), reserved: rows.map(({ reserved }) => reserved) };
}
