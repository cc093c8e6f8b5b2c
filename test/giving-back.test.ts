/** A worker that stops gives its requests back: what they have so far is kept, and their time is not counted. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './support/database.ts';
import { addIdentity, startTestDatabase, type TestDatabase } from './support/test-database.ts';
import { onePicture, openStage, type Stage, untilStopped } from './support/test-worker.ts';

let database: TestDatabase;
let stage: Stage;
beforeAll(async () => {
  database = await startTestDatabase();
  stage = await openStage(database);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test('a picture that was finished before the worker stopped is neither made nor paid for again', async () => {
  const identity = await addIdentity(database.db);
  const id = await stage.submit(identity, { rounds: 2 });
  const first = await stage.startWorker((round, context) =>
    round.index === 0 ? onePicture(0.25) : untilStopped(context),
  );
  await eventually(async () => (await database.peek.row('select done from requests')).done === 1);
  await first.stop(0);

  const made: number[] = [];
  const second = await stage.startWorker((round) => {
    made.push(round.index);
    return onePicture(0.5);
  });
  const result = await stage.untilEnded(identity, id);
  await second.stop(0);
  expect(made).toEqual([1]);
  expect(result).toMatchObject({ state: 'completed', done: 2, cost: 750_000 });
  expect(result!.outputs.map(({ round }) => round)).toEqual([0, 1]);
});

test('a request that waited long for its next worker has its whole time again', async () => {
  const identity = await addIdentity(database.db);
  const id = await stage.submit(identity);
  const first = await stage.startWorker((_, context) => untilStopped(context));
  await eventually(async () => first.running === 1);
  await first.stop(0);
  await database.peek.rows(
    "update requests set deadline_at = deadline_at - interval '1 day', started_at = started_at - interval '1 day' where id = $1",
    [id],
  );

  const second = await stage.startWorker(() => onePicture());
  const result = await stage.untilEnded(identity, id);
  await second.stop(0);
  expect(result).toMatchObject({ state: 'completed', failure: null });
});
