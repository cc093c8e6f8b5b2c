/** What is left of a synchronous request: how it ended and, for a while, its output. Nothing of what was asked. */
import { expect, test } from 'vitest';
import type { Identity } from '../src/accounts/authenticate.ts';
import { synchronousOutputs } from '../src/api/result.ts';
import { BackendError } from '../src/backends/backend.ts';
import { announceFile } from '../src/files/file-records.ts';
import { removeFiles } from '../src/files/remove-files.ts';
import { cancelRequest } from '../src/requests/cancel.ts';
import { forgetSyncContent } from '../src/requests/remove.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity, silent } from './support/test-database.ts';
import { onePicture } from './support/test-worker.ts';

setStage();

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

test('who reads the output while another call has just fetched it finds none, and no error', async () => {
  const { db } = database;
  const identity = await addIdentity(db);
  const id = await stage.submit(identity, { syncMode: true });
  const worker = await stage.startWorker(() => onePicture());
  const row = (await stage.untilEnded(identity, id))!;
  await worker.stop(0);
  expect((await synchronousOutputs({ db, store: stage.store }, row)).urls).toHaveLength(1);
  await removeFiles({ db, store: stage.store, log: silent }, await forgetSyncContent(db, id));
  expect(await synchronousOutputs({ db, store: stage.store }, row)).toMatchObject({
    row: { state: 'completed', outputs: [] },
    urls: [],
  });
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
