/** One worker for several pools. */
import { expect, test } from 'vitest';
import { addIdentity, startTestDatabase } from './support/test-database.ts';
import { onePicture, openStage } from './support/test-worker.ts';

test('pools take turns: a long queue of one does not keep the other waiting', async () => {
  await using database = await startTestDatabase();
  await using stage = await openStage(database);
  const identity = await addIdentity(database.db);
  const names = new Map<string, string>();
  for (const name of ['long 1', 'long 2', 'long 3', 'long 4', 'short 1', 'short 2'])
    names.set(await stage.submit(identity, { pool: name.split(' ')[0]! }), name);
  const order: string[] = [];
  const worker = await stage.startWorker(
    (round) => {
      order.push(names.get(round.requestId)!);
      return onePicture();
    },
    { concurrency: 1, pools: ['long', 'short'] },
  );
  for (const id of names.keys()) await stage.untilEnded(identity, id);
  await worker.stop(0);
  expect(order).toEqual(['long 1', 'short 1', 'long 2', 'short 2', 'long 3', 'long 4']);
});
