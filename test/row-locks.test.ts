/** Statements that lock several rows lock them in one order: two of them wait for each other, never both at once. */
import { expect, test } from 'vitest';
import { statement } from '../src/db/database.ts';
import { type ClaimedRequest, claimRequest, renewLeases } from '../src/requests/claim.ts';
import { createProgressWriter } from '../src/requests/progress.ts';
import { eventually } from './support/database.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity, silent } from './support/test-database.ts';
import { POOL } from './support/test-worker.ts';

setStage();

const lockRequest = statement<{ id: string }>(
  'test_lock',
  'select id from requests where id = $1 for update',
);

const waitingForLocks = (count: number) =>
  eventually(async () => {
    const waiting = await database.peek.rows(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'darkroom'",
    );
    return waiting.length === count;
  });

test('progress and the renewal of leases are both written, in whatever order requests report', async () => {
  const { db } = database;
  const identity = await addIdentity(db);
  const claimed: ClaimedRequest[] = [];
  for (let count = 0; count < 2; count++) {
    await stage.submit(identity);
    claimed.push((await claimRequest(db, POOL, crypto.randomUUID(), 60_000))!);
  }
  // In a table of some size PostgreSQL takes the rows in the order they were reported, not as they lie.
  await database.peek.rows(
    `insert into requests (id, account_id, key_id, place, seed, reserved, rounds, sync_mode, model_id, pool, state, input)
     select gen_random_uuid(), $1, $1, 0, 0, 0, 1, false, 'a', 'a', 'completed', '{}' from generate_series(1, 20000)`,
    [identity.accountId],
  );
  await database.peek.rows('analyze requests');
  const [older, newer] = claimed.toSorted((a, b) => (a.id < b.id ? -1 : 1)) as [
    ClaimedRequest,
    ClaimedRequest,
  ];
  const progress = createProgressWriter(db, stage.notifications, silent);
  let renewing: Promise<Set<string>> | undefined;
  await db.transaction(async (tx) => {
    await tx.row(lockRequest, [older.id]);
    renewing = renewLeases(db, [older, newer]);
    await waitingForLocks(1);
    progress.report(newer, 0.5);
    progress.report(older, 0.5);
    await waitingForLocks(2);
  });
  expect(await renewing).toEqual(new Set([older.lease, newer.lease]));
  await progress.stop();
  expect(await database.peek.rows("select fraction from requests where state = 'running'")).toEqual([
    { fraction: 0.5 },
    { fraction: 0.5 },
  ]);
});
