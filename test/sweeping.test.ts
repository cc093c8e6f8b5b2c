/** The sweep removes what has expired, all of it and nothing else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweep } from '../src/background/sweep.ts';
import { announceFile, storeKeyOf } from '../src/files/file-records.ts';
import type { FileStore } from '../src/files/store.ts';
import { uuidv7 } from '../src/lib/ids.ts';
import { cancelRequest } from '../src/requests/cancel.ts';
import { addIdentity, silent, startTestDatabase, type TestDatabase } from './support/test-database.ts';
import { openStage, type Stage } from './support/test-worker.ts';

const HOUR_MS = 3_600_000;

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

const sweepNow = (change: { store?: FileStore; requestRetentionMs?: number } = {}) =>
  sweep({
    db: database.db,
    store: stage.store,
    log: silent,
    outputRetentionMs: 0,
    requestRetentionMs: 0,
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
    remove: (key: string) =>
      key === storeKeyOf(ids[0]!) ? Promise.reject(new Error('stuck')) : stage.store.remove(key),
  };
  expect(await sweepNow({ store: stuck })).toMatchObject({ files: 400 });
  expect(await database.peek.rows('select id from files')).toEqual([{ id: ids[0] }]);
  expect(await sweepNow()).toMatchObject({ files: 1 });
});
