/** A lease that has run out and that nobody has taken yet: no backend is called under it. */
import { expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { type ClaimedRun, claimRequest, requeueLostRequests } from '../src/requests/claim.ts';
import { beginRound, LeaseLost } from '../src/requests/rounds.ts';
import { eventually } from './support/database.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';
import { onePicture, POOL } from './support/test-worker.ts';

setStage();

const round = { index: 0, seed: 1, backend: 'a backend', anew: false };

/** A request under a lease that ran out, as of a process that stood still. */
async function lapsed(): Promise<ClaimedRun> {
  await stage.submit(await addIdentity(database.db));
  const claimed = (await claimRequest(database.db, POOL, crypto.randomUUID(), 60_000))!;
  await database.peek.rows(`update requests set lease_until = now() - interval '1 second' where id = $1`, [
    claimed.id,
  ]);
  return claimed;
}

test('whoever still has it takes it up again before a round begins, so that nobody else runs the request', async () => {
  const claimed = await lapsed();
  expect(await beginRound(database.db, claimed, round)).toMatchObject({ index: 0, attempts: 1 });
  expect(await requeueLostRequests(database.db)).toEqual([]);
});

test('where another was quicker the round does not begin', async () => {
  const claimed = await lapsed();
  expect(await requeueLostRequests(database.db)).toMatchObject([{ id: claimed.id }]);
  await expect(beginRound(database.db, claimed, round)).rejects.toThrow(LeaseLost);
  expect(await database.peek.rows('select * from rounds where request_id = $1', [claimed.id])).toEqual([]);
  // Nor does the worker of the next test find it.
  expect(await claimRequest(database.db, POOL, crypto.randomUUID(), 60_000)).toMatchObject({
    id: claimed.id,
  });
});

test('a process that stood still after the database let it begin asks again before it calls the backend', async () => {
  const id = await stage.submit(await addIdentity(database.db));
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: awake, resolve: wake } = Promise.withResolvers<void>();
  let calls = 0;
  const slow: Database = {
    ...database.db,
    async row(statement, values) {
      const row = await database.db.row(statement, values);
      if (statement.name === 'begin_round') {
        ask();
        await awake;
      }
      return row;
    },
  };
  const worker = await stage.startWorker(
    () => {
      calls++;
      return onePicture();
    },
    { db: slow },
  );
  await asked;
  // Meanwhile another has taken the request over.
  await database.peek.rows('update requests set lease = gen_random_uuid() where id = $1', [id]);
  const nowMs = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs + 10_000);
  wake();
  await eventually(() => worker.running === 0);
  vi.restoreAllMocks();
  expect(calls).toBe(0);
  await worker.stop(0);
});
