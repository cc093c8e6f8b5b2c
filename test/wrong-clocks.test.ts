/** Processes whose clock is wrong, or is set while they run: how long something may take does not depend on it. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { call, resultOf, submit } from './support/api.ts';
import { startTestServer } from './support/server.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';
import { onePicture } from './support/test-worker.ts';

setStage();

/** Of this process alone: the database has its own. */
function setClock(byMs: number): void {
  const { now } = Date;
  vi.spyOn(Date, 'now').mockImplementation(() => now.call(Date) + byMs);
  onTestFinished(() => void vi.restoreAllMocks());
}

test.each([
  ['ahead of', 3_600_000],
  ['behind', -3_600_000],
])(
  "a worker whose clock is an hour %s the database's gives a run its whole time, and no more",
  async (_, byMs) => {
    setClock(byMs);
    const identity = await addIdentity(database.db);
    const id = await stage.submit(identity);
    let remainingMs = 0;
    const worker = await stage.startWorker((_round, { deadline }) => {
      remainingMs = deadline.getTime() - Date.now();
      return onePicture();
    });
    const result = await stage.untilEnded(identity, id);
    await worker.stop(0);
    expect(result).toMatchObject({ state: 'completed', failure: null });
    expect(remainingMs).toBeGreaterThan(30_000);
    expect(remainingMs).toBeLessThanOrEqual(60_000);
  },
);

test('usage until now has the latest request although the clock of who answers is behind', async () => {
  await using server = await startTestServer();
  await resultOf(server, await submit(server, { prompt: 'counted [[sandbox:blocked]]' }));
  const nowMs = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs - 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  const { body } = await call(server, '/v1/usage');
  expect(body.total).toMatchObject({ requests: 1, failed: 1 });
  expect(Date.parse(body.to)).toBeGreaterThanOrEqual(nowMs - 1000);
});
