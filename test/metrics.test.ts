/** What the metrics tell an operator of the whole, on a server that runs. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSharedMetrics } from '../src/shared-metrics.ts';
import { makeAccount } from './support/accounts.ts';
import { call, resultOf, submit } from './support/api.ts';
import { eventually } from './support/database.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { addIdentity, startTestDatabase } from './support/test-database.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_CONCURRENCY: '3' });
});
afterAll(() => server[Symbol.asyncDispose]());

async function read(metric: string): Promise<number> {
  const { body } = await call(server, '/metrics', { key: null });
  const line = body.split('\n').find((text: string) => text.startsWith(`${metric} `));
  return Number(line.slice(metric.length));
}

test('they tell how many workers there are, and what they need is there', async () => {
  expect(await read('darkroom_workers{pool="sandbox"}')).toBe(1);
  expect(await read('darkroom_worker_slots{pool="sandbox"}')).toBe(3);
  for (const check of ['database', 'files', 'worker'])
    expect(await read(`darkroom_check{check="${check}"}`)).toBe(1);
});

test('an account that waits for itself asks for no more workers, one that waits for room does', async () => {
  const limited = await makeAccount(server, { name: 'limited', maxRunning: 2 });
  await submitEndless(limited);
  await submitEndless(limited);
  await submit(limited, { prompt: 'waits for its own' });
  await eventually(async () => (await read('darkroom_queue_age_seconds{pool="sandbox"}')) > 0.2);
  expect(await read('darkroom_queue_claimable_age_seconds{pool="sandbox"}')).toBe(0);

  const other = await makeAccount(server, { name: 'other', maxRunning: 9 });
  await submitEndless(other);
  await submit(other, { prompt: 'waits for room' });
  await eventually(async () => (await read('darkroom_queue_claimable_age_seconds{pool="sandbox"}')) > 0.2);
  expect(await read('darkroom_queue_depth{pool="sandbox"}')).toBe(2);
});

test('they count what was refused, by its status', async () => {
  const poor = await makeAccount(server, { name: 'poor', monthlyBudget: 1 });
  await expect(submit(poor, { prompt: 'too dear' })).rejects.toThrow('402');
  expect(await read('darkroom_http_errors_total{status="402"}')).toBe(1);
});

test('they tell of files that should be gone and of events that nobody tells', async () => {
  // Where nobody sweeps and delivers.
  await using alone = await startTestDatabase();
  const metrics = createSharedMetrics(alone.db, []);
  const value = async (name: string) =>
    Number(new RegExp(`^${name} (.+)$`, 'm').exec(await metrics.render())![1]);
  expect([
    await value('darkroom_expired_files_age_seconds'),
    await value('darkroom_webhook_lag_seconds'),
  ]).toEqual([0, 0]);
  const { accountId } = await addIdentity(alone.db);
  await alone.peek.rows(
    `insert into files (id, account_id, kind, expires_at) values ('left', $1, 'upload', now() - interval '1 hour')`,
    [accountId],
  );
  await alone.peek.rows(
    `insert into webhook_receivers (id, account_id, origin, due_at) values (gen_random_uuid(), $1, 'https://example.com', now() - interval '2 hours')`,
    [accountId],
  );
  expect(await value('darkroom_expired_files_age_seconds')).toBeCloseTo(3600, -1);
  expect(await value('darkroom_webhook_lag_seconds')).toBeCloseTo(7200, -1);
});

test('an end is counted in the last hour', async () => {
  const free = await makeAccount(server, { name: 'counted' });
  const before = await read('darkroom_requests{state="cancelled"}');
  const id = await submit(free, { prompt: 'x' });
  await call(free, `/v1/requests/${id}/cancel`, { method: 'POST' });
  expect((await resultOf(free, id)).status).toBe('cancelled');
  expect(await read('darkroom_requests{state="cancelled"}')).toBe(before + 1);
});
