/** What is left of a synchronous request: how it ended and, for a while, its output. Nothing of what was asked. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Identity } from '../src/accounts/authenticate.ts';
import { BackendError } from '../src/backends/backend.ts';
import { announceFile } from '../src/files/file-records.ts';
import { cancelRequest } from '../src/requests/cancel.ts';
import { addIdentity, startTestDatabase, type TestDatabase } from './support/test-database.ts';
import { onePicture, openStage, type Stage } from './support/test-worker.ts';

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

async function submitWithFile(identity: Identity, syncMode: boolean): Promise<string> {
  const fileId = await announceFile(database.db, identity.accountId, 'input');
  return stage.submit(identity, { syncMode, fileIds: [fileId] });
}

const leftOf = (id: string) =>
  database.peek.row(
    `select r.input, (select count(*) from files f where f.request_id = r.id and f.kind = 'input' and f.expires_at is null)::int as kept
       from requests r where r.id = $1`,
    [id],
  );
const NOTHING = { input: {}, kept: 0 };

test('the input goes when the request completes, before anybody has fetched its result', async () => {
  const identity = await addIdentity(database.db);
  const [synchronous, other] = [await submitWithFile(identity, true), await submitWithFile(identity, false)];
  const worker = await stage.startWorker(() => onePicture());
  const result = await stage.untilEnded(identity, synchronous);
  await stage.untilEnded(identity, other);
  await worker.stop(0);
  expect(result).toMatchObject({ state: 'completed', outputs: [{ kind: 'sync' }] });
  expect(await leftOf(synchronous)).toEqual(NOTHING);
  expect(await leftOf(other)).toMatchObject({ input: { prompt: 'a test' }, kept: 1 });
});

test('the input goes when the request fails', async () => {
  const identity = await addIdentity(database.db);
  const id = await submitWithFile(identity, true);
  const worker = await stage.startWorker(() => Promise.reject(new BackendError('content_blocked', 'No.')));
  await stage.untilEnded(identity, id);
  await worker.stop(0);
  expect(await leftOf(id)).toEqual(NOTHING);
});

test('the input goes when the request is cancelled', async () => {
  const identity = await addIdentity(database.db);
  const id = await submitWithFile(identity, true);
  await cancelRequest(database.db, stage.notifications, identity.accountId, id);
  expect(await leftOf(id)).toEqual(NOTHING);
});
