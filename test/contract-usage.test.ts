/** GET /v1/usage and GET /v1/account: what an account used, and what it may. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey, rowsOf } from './support/accounts.ts';
import { type Answer, call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { submitEndless, TIME } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const PRO = 'google/nano-banana/pro/text-to-image';

let server: TestServer;
/** Two completed of one model with one key, one completed and one failed of another with another key, one cancelled. */
let account: Awaited<ReturnType<typeof makeAccount>>;
let second: { id: string; key: string };
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  account = await makeAccount(server, { maxRunning: 2 });
  second = await makeKey(account, { name: 'second', scopes: ['generate'] });
  const withSecond = { ...account, key: second.key };
  for (const [caller, input, model] of [
    [account, { num_images: 2, resolution: '0.5K' }, TEXT_TO_IMAGE],
    [account, { resolution: '0.5K' }, TEXT_TO_IMAGE],
    [withSecond, { output_format: 'jpeg' }, PRO],
    [withSecond, { prompt: 'x [[sandbox:blocked]]' }, PRO],
  ] as const)
    await resultOf(caller, await submit(caller, { prompt: 'x', ...input }, model));
  for (let n = 0; n < 2; n++) await submitEndless(account);
  const waiting = await submit(account, { prompt: 'x' });
  await call(account, `/v1/requests/${waiting}/cancel`, { method: 'POST' });
});
afterAll(() => server[Symbol.asyncDispose]());

const usage = (query = ''): Promise<Answer> => call(account, `/v1/usage${query}`);
const TOTAL = { requests: 5, completed: 3, failed: 1, cancelled: 1, outputs: 4, cost_usd: 0.269 };

describe('usage', () => {
  test('by day, by itself: the last 30 days, with a total', async () => {
    const { status, body } = await usage();
    expect(status).toBe(200);
    expect(body).toEqual({
      from: expect.stringMatching(TIME),
      to: expect.stringMatching(TIME),
      group_by: 'day',
      usage: [{ day: new Date().toISOString().slice(0, 10), ...TOTAL }],
      total: TOTAL,
    });
    // From the beginning of a day, so that only whole days are summed up.
    const days = (Date.parse(body.to) - Date.parse(body.from)) / 86_400_000;
    expect(Math.floor(days)).toBe(30);
    expect(body.from).toMatch(/T00:00:00\.000000\+00:00$/);
  });

  test('by model, the dearest first', async () => {
    expect((await usage('?group_by=model')).body.usage).toEqual([
      {
        model_id: TEXT_TO_IMAGE,
        requests: 3,
        completed: 2,
        failed: 0,
        cancelled: 1,
        outputs: 3,
        cost_usd: 0.135,
      },
      { model_id: PRO, requests: 2, completed: 1, failed: 1, cancelled: 0, outputs: 1, cost_usd: 0.134 },
    ]);
  });

  test('by key, with its name', async () => {
    expect((await usage('?group_by=key')).body.usage).toEqual([
      expect.objectContaining({
        key_id: account.keyId,
        key_name: 'another account',
        requests: 3,
        cost_usd: 0.135,
      }),
      expect.objectContaining({ key_id: second.id, key_name: 'second', requests: 2, cost_usd: 0.134 }),
    ]);
  });

  test('from and to cut it: from the one, before the other', async () => {
    const lastOfJanuary = '2026-01-31T23:59:59.999999Z';
    await rowsOf(
      server,
      `with moved as (
         update usage set ended_at = $2 where account_id = $1 and outcome = 'failed' returning *
       ), gone as (
         update usage_by_day d set requests = d.requests - 1, failed = d.failed - 1, cost = d.cost - m.cost
           from moved m
          where d.account_id = $1 and d.day = now()::date and d.key_id = m.key_id and d.model_id = m.model_id
       )
       insert into usage_by_day select $1, $2::date, key_id, model_id, 1, 0, 1, 0, outputs, cost from moved`,
      [account.accountId, lastOfJanuary],
    );
    const requests = async (query: string) => (await usage(query)).body.total.requests;
    expect(await requests('')).toBe(4);
    expect(await requests('?from=2026-01-31&to=2026-02-01')).toBe(1);
    expect(await requests('?from=2026-01-31T23:59:59.999999Z&to=2026-02-01T01:00:00%2B01:00')).toBe(1);
    expect(await requests('?from=2026-01-30&to=2026-01-31T23:59:59.999999Z')).toBe(0);
    expect(await requests('?from=2026-02-01')).toBe(4);
    expect((await usage('?from=2026-01-01&to=2026-02-01')).body.usage).toEqual([
      { day: '2026-01-31', requests: 1, completed: 0, failed: 1, cancelled: 0, outputs: 0, cost_usd: 0 },
    ]);
    expect((await usage('?from=2026-01-31&to=2026-02-01')).body.from).toBe(
      '2026-01-31T00:00:00.000000+00:00',
    );
  });

  test.each(['group_by=hour', 'from=yesterday', 'to=2026-13-01'])(
    '%s is a 422 that names it',
    async (query) => {
      const { status, body } = await usage(`?${query}`);
      expect(status).toBe(422);
      for (const { loc } of body.detail) expect(loc).toEqual(['query', query.split('=')[0]]);
    },
  );

  test("is nobody else's, and a key that may read may see it", async () => {
    const stranger = await makeAccount(server);
    expect((await call(stranger, '/v1/usage')).body).toMatchObject({
      usage: [],
      total: { requests: 0, cost_usd: 0 },
    });
    const { key } = await makeKey(account, { scopes: ['read'] });
    expect((await call({ ...account, key }, '/v1/usage')).status).toBe(200);
  });
});

test('the account shows its limits, what is queued and running, and its budget', async () => {
  const limited = await makeAccount(server, { maxRunning: 1, maxQueued: 7, monthlyBudget: 1_000_000 });
  await submitEndless(limited);
  await submit(limited, { prompt: 'x' });
  const { status, body } = await call(limited, '/v1/account');
  expect(status).toBe(200);
  expect(body).toEqual({
    id: limited.accountId,
    name: 'another account',
    created_at: expect.stringMatching(TIME),
    limits: { max_running: 1, max_queued: 7, requests_per_minute: null },
    queued: 1,
    running: 1,
    budget: { monthly_usd: 1, spent_this_month_usd: 0.134, remaining_usd: 0.866 },
    key: { id: limited.keyId, scopes: ['admin'], monthly_budget_usd: null, spent_this_month_usd: 0.134 },
  });
  const { body: free } = await call(server, '/v1/account');
  expect(free.budget).toMatchObject({ monthly_usd: null, remaining_usd: null });
});
