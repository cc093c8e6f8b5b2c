/** A worker that stops gives its requests back: what they have so far is kept, and their time is not counted. */
import { expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { announceFile, storeKeyOf } from '../src/files/file-records.ts';
import { eventually } from './support/database.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';
import { onePicture, untilStopped } from './support/test-worker.ts';

setStage();

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

test('a picture that waits for its format outlives a database that is gone for a moment', async () => {
  const identity = await addIdentity(database.db);
  const id = await stage.submit(identity);
  await database.peek.rows('update requests set started_at = created_at where id = $1', [id]);
  await database.peek.rows(
    `insert into rounds (request_id, index, id, seed, state, cost) values ($1, 0, gen_random_uuid(), 1, 'rendered', 7)`,
    [id],
  );
  const fileId = await announceFile(database.db, identity.accountId, 'raw');
  await stage.store.write(storeKeyOf(fileId), (await onePicture()).outputs[0]!.bytes);
  await database.peek.rows(
    'update files set request_id = $1, round = 0, ordinal = 0, expires_at = null where id = $2',
    [id, fileId],
  );

  const worker = await stage.startWorker(() => Promise.reject(new Error('called again')), {
    db: goneOnce(database.db, 'read_raw'),
  });
  const result = await stage.untilEnded(identity, id);
  await worker.stop(0);
  expect(result).toMatchObject({ state: 'completed', cost: 7 });
});

/** A database that is not there when `name` is first asked of it. */
function goneOnce(db: Database, name: string): Database {
  let gone = false;
  return {
    ...db,
    rows(statement, values) {
      if (statement.name !== name || gone) return db.rows(statement, values);
      gone = true;
      return Promise.reject(Object.assign(new Error('gone'), { code: '57P03' }));
    },
  };
}
