/** What a backend says is kept as far as it can be: no text and no number of its loses a picture or hides a failure. */
import { expect, test } from 'vitest';
import { BackendError } from '../src/backends/backend.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';
import { onePicture } from './support/test-worker.ts';

setStage();

const UNSTORABLE = 'zero \u0000, half \ud83d.';
const STORABLE = 'zero \ufffd, half \ufffd.';

test('a failure is told with what of its message can be stored', async () => {
  const identity = await addIdentity(database.db);
  const worker = await stage.startWorker(() =>
    Promise.reject(new BackendError('content_blocked', UNSTORABLE)),
  );
  const result = await stage.untilEnded(identity, await stage.submit(identity));
  await worker.stop(0);
  expect(result!.failure).toEqual({ code: 'content_blocked', message: STORABLE, retryable: false });
});

test('a picture is kept whatever a backend says beside it', async () => {
  const identity = await addIdentity(database.db);
  const worker = await stage.startWorker(async (_, { saveRemoteReference }) => {
    await saveRemoteReference({ note: UNSTORABLE });
    return { ...(await onePicture(Number.NaN)), adjustments: [UNSTORABLE] };
  });
  const result = await stage.untilEnded(identity, await stage.submit(identity));
  await worker.stop(0);
  expect(result).toMatchObject({ state: 'completed', adjustments: [STORABLE] });
  // As if it had not told the cost.
  expect(result!.cost).toBeGreaterThan(0);
});
