/** The sweep removes what has expired, all of it and nothing else. */
import { expect, test } from 'vitest';
import { sweep } from '../src/background/sweep.ts';
import { announceFile, storeKeyOf } from '../src/files/file-records.ts';
import type { FileStore } from '../src/files/store.ts';
import { uuidv7 } from '../src/lib/ids.ts';
import { cancelRequest } from '../src/requests/cancel.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity, silent } from './support/test-database.ts';

const HOUR_MS = 3_600_000;

setStage();

const sweepNow = (
  change: { store?: FileStore; requestRetentionMs?: number; webhookRetentionMs?: number } = {},
) =>
  sweep({
    db: database.db,
    notifications: stage.notifications,
    store: stage.store,
    log: silent,
    outputRetentionMs: 0,
    requestRetentionMs: 0,
    webhookRetentionMs: 0,
    sessionIdleMs: HOUR_MS,
    sessionLifetimeMs: HOUR_MS,
    ...change,
  });

test('a request that waited for long is kept for its time from when it ended', async () => {
  const identity = await addIdentity(database.db);
  const endedHoursAgo = async (hours: number): Promise<string> => {
    const made = await stage.submit(identity);
    await cancelRequest(database.db, stage.notifications, identity.accountId, made);
    const id = uuidv7(Date.now() - 10 * HOUR_MS);
    await database.peek.rows(
      `update requests set id = $2, created_at = now() - interval '10 hours', ended_at = now() - make_interval(hours => $3) where id = $1`,
      [made, id, hours],
    );
    return id;
  };
  await endedHoursAgo(3);
  const recent = await endedHoursAgo(1);
  expect(await sweepNow({ requestRetentionMs: 2 * HOUR_MS })).toMatchObject({ requests: 1 });
  expect(await database.peek.rows('select id from requests')).toEqual([{ id: recent }]);
});

test('a file that cannot be removed keeps no other from going, and is tried again', async () => {
  const identity = await addIdentity(database.db);
  const ids: string[] = [];
  // More than one batch of them.
  for (let count = 0; count < 401; count++)
    ids.push(await announceFile(database.db, identity.accountId, 'upload'));
  await database.peek.rows(`update files set expires_at = now() - interval '1 minute'`);
  await database.peek.rows(`update files set expires_at = now() - interval '2 minutes' where id = $1`, [
    ids[0],
  ]);
  const stuck = {
    ...stage.store,
    async removeMany(keys: readonly string[]) {
      const key = storeKeyOf(ids[0]!);
      const unremoved = await stage.store.removeMany(keys.filter((one) => one !== key));
      return keys.includes(key) ? [...unremoved, { key, error: new Error('stuck') }] : unremoved;
    },
  };
  expect(await sweepNow({ store: stuck })).toMatchObject({ files: 400 });
  expect(await database.peek.rows('select id from files')).toEqual([{ id: ids[0] }]);
  expect(await sweepNow()).toMatchObject({ files: 1 });
});

test('very much is removed in small steps, each of them a transaction of its own', async () => {
  const { peek, db } = database;
  const { accountId, keyId } = await addIdentity(db);
  // More than two batches of everything that expires.
  const many = `from generate_series(1, 450) n`;
  const old = `now() - interval '40 days'`;
  const id = `uuidv7(interval '-40 days')`;
  await peek.script(`
    insert into requests (id, account_id, key_id, place, seed, reserved, rounds, done, sync_mode, model_id, pool, state, input, created_at, ended_at)
      select ${id}, '${accountId}', '${keyId}', n, n, 0, 2, 2, false, 'm', 'p', 'completed', '{}', ${old}, ${old} ${many};
    insert into rounds (request_id, index, id, seed, state) select r.id, i, uuidv7(), 1, 'done' from requests r, generate_series(0, 1) i where r.account_id = '${accountId}';
    insert into files (id, account_id, kind, request_id, created_at) select 'swept-' || id, '${accountId}', 'output', id, ${old} from requests where account_id = '${accountId}';
    insert into idempotency_keys (account_id, key, fingerprint, request_id, created_at) select '${accountId}', n::text, '', uuidv7(), ${old} ${many};
    insert into lanes (account_id, pool, max_running) values ('${accountId}', 'p', 1);
    insert into lane_gaps (account_id, pool, bucket, places) select '${accountId}', 'p', n, '{}' ${many};
    insert into sessions (id, key_id, fingerprint, hash, created_at, seen_at) select uuidv7(), '${keyId}', '', '', ${old}, ${old} ${many};
    insert into sign_in_links (id, account_id, fingerprint, hash, expires_at) select uuidv7(), '${accountId}', '', '', ${old} ${many};
    insert into webhook_receivers (id, account_id, origin) values (uuidv7(), '${accountId}', 'https://receiver.example');
    insert into webhook_deliveries (id, account_id, receiver_id, seq, type, occurred_at, state, give_up_at, created_at, ended_at)
      select ${id}, '${accountId}', v.id, n, 'request.completed', ${old}, 'delivered', ${old}, ${old}, ${old} ${many}, webhook_receivers v where v.account_id = '${accountId}';
    insert into webhook_attempts (delivery_id, number, at, duration_ms) select id, 1, ${old}, 1 from webhook_deliveries where account_id = '${accountId}';
    create table swept (of text, rows int, xid xid8);
    create function note_swept() returns trigger language plpgsql as
      $$ begin insert into swept select tg_table_name, count(*), pg_current_xact_id() from gone having count(*) > 0; return null; end $$;`);
  const tables = [
    ...['requests', 'rounds', 'files', 'idempotency_keys', 'lane_gaps', 'sessions', 'sign_in_links'],
    ...['webhook_deliveries', 'webhook_attempts'],
  ];
  for (const table of tables)
    await peek.script(
      `create trigger note_swept after delete on ${table} referencing old table as gone for each statement execute function note_swept()`,
    );
  const dayMs = 24 * HOUR_MS;
  expect(await sweepNow({ requestRetentionMs: 30 * dayMs, webhookRetentionMs: 30 * dayMs })).toMatchObject({
    requests: 450,
    files: 450,
  });

  const steps = await peek.rows<{ of: string; rows: number; steps: number }>(
    'select of, sum(rows)::int as rows, count(distinct xid)::int as steps from swept group by of',
  );
  expect(new Set(steps.map((step) => step.of))).toEqual(new Set(tables));
  for (const step of steps)
    expect(step).toEqual({ of: step.of, rows: step.of === 'rounds' ? 900 : 450, steps: 3 });
  // What goes with a request goes with it; nothing else shares a transaction.
  const shared = await peek.rows(
    `select array_agg(distinct of order by of) as tables from swept group by xid having count(distinct of) > 1`,
  );
  expect(new Set(shared.map(({ tables: together }) => together.join()))).toEqual(
    new Set(['requests,rounds', 'webhook_attempts,webhook_deliveries']),
  );
});
