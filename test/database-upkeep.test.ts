/** What keeps large tables well: migrations that stop nobody, updates in place, sweeps in small steps. */
import { beforeAll, expect, test } from 'vitest';
import type { Identity } from '../src/accounts/authenticate.ts';
import { openDatabase, statement } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';
import { type ClaimedRequest, claimRequest, renewLeases } from '../src/requests/claim.ts';
import { beginRound, recordRendered } from '../src/requests/rounds.ts';
import { eventually } from './support/database.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity, silent } from './support/test-database.ts';
import { POOL } from './support/test-worker.ts';

setStage();
let identity: Identity;
beforeAll(async () => {
  identity = await addIdentity(database.db, { maxRunning: 100 });
});

const insertFile = statement(
  'test_insert_file',
  `insert into files (id, account_id, kind) values ($1, $2, 'upload')`,
);
const waitsFor = (what: string) =>
  eventually(async () => {
    const waiting = await database.peek.rows(
      `select 1 from pg_stat_activity where application_name = 'darkroom migrate' and wait_event_type = 'Lock' and query ilike $1`,
      [`%${what}%`],
    );
    return waiting.length > 0;
  });

test('while a migration makes an index over requests, others submit', async () => {
  await database.peek.script(
    `delete from migrations where name = '0009-upkeep.sql';
     drop index requests_in_progress;
     create index requests_running on requests (lease_until) where state = 'running'`,
  );
  let migrating: Promise<string[]> | undefined;
  await database.db.transaction(async (tx) => {
    // What has written before it began has to end before the index is whole.
    await tx.rows(statement('test_touch', 'update requests set version = version where false'));
    await tx.rows(statement('test_id', 'select pg_current_xact_id()'));
    migrating = migrate(database.target, silent);
    await waitsFor('create index concurrently');
    await stage.submit(identity, { pool: 'meanwhile' });
  });
  expect(await migrating).toEqual(['0009-upkeep.sql']);
  expect(
    await database.peek.rows(
      `select indexrelid::regclass::text as name, indisvalid from pg_index where indrelid = 'requests'::regclass and pg_get_expr(indpred, indrelid) ~ 'running'`,
    ),
  ).toEqual([{ name: 'requests_in_progress', indisvalid: true }]);
});

test('a migration that waits for a table does not make everybody wait behind it', async () => {
  await database.peek.script(
    `delete from migrations where name = '0007-direct-uploads.sql'; alter table files drop column upload_id`,
  );
  let migrating: Promise<string[]> | undefined;
  await database.db.transaction(async (tx) => {
    await tx.rows(insertFile, ['held', identity.accountId]);
    migrating = migrate(database.target, silent);
    await waitsFor('alter table files');
    // Would be refused after ten seconds; those who hold the table may hold it for longer.
    await database.db.rows(insertFile, ['meanwhile', identity.accountId]);
  });
  expect(await migrating).toEqual(['0007-direct-uploads.sql']);
});

test('renewed leases, and rounds that are done, are written in place: no index learns of them', async () => {
  // One connection, whose counts are those of all that was done.
  await using db = openDatabase(database.target, { maxConnections: 1, log: silent });
  const claimed: ClaimedRequest[] = [];
  for (let count = 0; count < 20; count++) {
    await stage.submit(identity);
    claimed.push((await claimRequest(db, POOL, crypto.randomUUID(), 60_000))!);
  }
  const counted = async (table: string) => {
    await db.rows(statement('test_flush', 'select pg_stat_force_next_flush()'));
    const counts = statement<{ updates: number; in_place: number }>(
      'test_counts',
      'select n_tup_upd as updates, n_tup_hot_upd as in_place from pg_stat_user_tables where relname = $1',
    );
    return (await db.row(counts, [table]))!;
  };
  const expectInPlace = async (table: string, work: () => Promise<void>): Promise<void> => {
    const before = await counted(table);
    await work();
    const after = await counted(table);
    expect(after.updates - before.updates).toBeGreaterThanOrEqual(20);
    expect((after.in_place - before.in_place) / (after.updates - before.updates)).toBeGreaterThan(0.9);
  };
  await expectInPlace('requests', async () => {
    for (let times = 0; times < 10; times++) await renewLeases(db, claimed);
  });
  await expectInPlace('rounds', async () => {
    for (const one of claimed) {
      await beginRound(db, one, { index: 0, seed: 1, backend: 'a test', anew: false });
      await recordRendered(db, one, { index: 0, cost: 1, adjustments: [] }, []);
    }
  });
});
