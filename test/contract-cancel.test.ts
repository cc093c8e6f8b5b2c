/** POST /v1/requests/{id}/cancel: only what waits can be cancelled, and then it never starts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, rowsOf } from './support/accounts.ts';
import { call, resultOf, submit } from './support/api.ts';
import { submitEndless, untilStarted } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
});
afterAll(() => server[Symbol.asyncDispose]());

type Caller = Pick<TestServer, 'url' | 'key'>;
const cancel = (caller: Caller, id: string, headers: Record<string, string> = {}, body?: string) =>
  call(caller, `/v1/requests/${id}/cancel`, { method: 'POST', headers, ...(body !== undefined && { body }) });

/** An account whose one place is taken. */
async function busyAccount(): Promise<Caller> {
  const account = await makeAccount(server, { maxRunning: 1 });
  await submitEndless(account);
  return account;
}

describe('a request that waits', () => {
  test('is cancelled: 202, with exactly three fields; again, the answer is the same', async () => {
    const busy = await busyAccount();
    const id = await submit(busy, { prompt: 'x' });
    for (let time = 1; time <= 3; time++) {
      const { status, body } = await cancel(busy, id);
      expect(status).toBe(202);
      expect(body).toEqual({ request_id: id, status: 'cancelled', outcome: 'cancelled' });
      expect(Object.keys(body)).toEqual(['request_id', 'status', 'outcome']);
    }
  });

  test('never starts, although those behind it do', async () => {
    const account = await makeAccount(server, { maxRunning: 1 });
    const first = await submit(account, { prompt: 'x [[sandbox:slow=400]]' });
    await untilStarted(account, first);
    const cancelled = await submit(account, { prompt: 'never' });
    const behind = await submit(account, { prompt: 'x', resolution: '0.5K' });
    expect((await cancel(account, cancelled)).body.outcome).toBe('cancelled');
    expect((await resultOf(account, behind)).status).toBe('completed');
    const { body } = await call(account, `/v1/requests/${cancelled}/result?include_cost=true`);
    expect(body).toMatchObject({ status: 'cancelled', started_at: null, cost: 0 });
    const rounds = await rowsOf(server, 'select 1 from rounds where request_id = $1', [cancelled]);
    expect(rounds).toEqual([]);
  });

  test('is cancelled without a body, with an empty one that is called JSON, and with an empty object', async () => {
    const busy = await busyAccount();
    for (const [headers, body] of [
      [{}, undefined],
      [{ 'content-type': 'application/json' }, undefined],
      [{ 'content-type': 'application/json' }, '{}'],
    ] as const) {
      const { status } = await cancel(busy, await submit(busy, { prompt: 'x' }), headers, body);
      expect(status).toBe(202);
    }
  });
});

describe('what cannot be cancelled says so and goes on:', () => {
  test('a request in progress', async () => {
    const account = await makeAccount(server);
    const id = await submitEndless(account);
    expect(await cancel(account, id)).toMatchObject({
      status: 202,
      body: { request_id: id, status: 'in_progress', outcome: 'not_cancellable' },
    });
    expect((await call(account, `/v1/requests/${id}/status`)).body.status).toBe('in_progress');
  });

  test.each([
    ['one that completed', 'x'],
    ['one that failed', 'x [[sandbox:blocked]]'],
  ])('%s', async (_, prompt) => {
    const id = await submit(server, { prompt, resolution: '0.5K' });
    const before = await resultOf(server, id);
    expect(await cancel(server, id)).toMatchObject({
      status: 202,
      body: { request_id: id, status: 'completed', outcome: 'not_cancellable' },
    });
    expect(await resultOf(server, id)).toEqual(before);
  });
});

test('of a cancel and a start there is one winner', async () => {
  const account = await makeAccount(server);
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const id = await submit(account, { prompt: 'race', resolution: '0.5K' });
      const { body } = await cancel(account, id);
      return { body, result: await resultOf(account, id) };
    }),
  );
  for (const { body, result } of outcomes) {
    expect(result.status).toBe(body.outcome === 'cancelled' ? 'cancelled' : 'completed');
    expect(result.started_at === null).toBe(body.outcome === 'cancelled');
  }
});
