/** What the operator sees and changes: the whole system, every account, and nobody else does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { makeAccount, makeKey } from './support/accounts.ts';
import { type Answer, call, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { openBrowser, signedIn } from './support/browser.ts';
import { darkroom } from './support/command.ts';
import { submitEndless, TIME, UUID } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    DARKROOM_SHUTDOWN_GRACE: '0',
    DARKROOM_SANDBOX: 'on',
    // Nobody listens there.
    COMFYUI_URL: 'http://127.0.0.1:1',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const codeOf = ({ status, body }: Answer) => [status, body.error_code];
const make = (json: Record<string, unknown>, key = server.key) =>
  call({ ...server, key }, '/v1/accounts', { json });
const change = (id: string, json: Record<string, unknown>) =>
  call(server, `/v1/accounts/${id}`, { method: 'PATCH', json });

test('only an admin key of an operator account is let in, and so is a browser that has one', async () => {
  const tenant = await makeAccount(server);
  const narrow = await makeKey(server, { scopes: ['generate'] });
  const calls = async (ask: (path: string, options: object) => Promise<Answer>): Promise<number[]> => [
    (await ask('/v1/system', {})).status,
    (await ask('/v1/accounts', {})).status,
    (await ask('/v1/accounts', { json: { name: 'made by a stranger' } })).status,
    (await ask(`/v1/accounts/${tenant.accountId}`, {})).status,
    (await ask(`/v1/accounts/${tenant.accountId}`, { method: 'PATCH', json: { max_running: 999 } })).status,
    (await ask(`/v1/accounts/${tenant.accountId}/links`, { method: 'POST' })).status,
  ];
  const refused = [403, 403, 403, 403, 403, 403];
  for (const key of [tenant.key, narrow.key])
    expect(await calls((path, options) => call({ ...server, key }, path, options))).toEqual(refused);
  expect(await calls((await signedIn(server, tenant.key)).call)).toEqual(refused);
  expect(await calls((path, options) => call(server, path, { key: null, ...options }))).toEqual(
    refused.map(() => 401),
  );
  const browser = await signedIn(server, server.key);
  expect((await browser.call('/v1/system')).status).toBe(200);
  expect((await call(server, `/v1/accounts/${tenant.accountId}`)).body.limits.max_running).toBeNull();
});

test('an account becomes an operator, and stops being one, on the command line alone, at once', async () => {
  const tenant = await makeAccount(server, { name: 'deputy' });
  const look = async () => (await call({ ...server, key: tenant.key }, '/v1/system')).status;
  const set = (option: string) =>
    darkroom(['accounts', 'set', 'deputy', option], { env: { DARKROOM_DATA_DIR: server.dataDir } });
  expect(await look()).toBe(403);
  expect(codeOf(await change(tenant.accountId, { operator: true }))).toEqual([422, 422001]);
  await set('--operator');
  await expect.poll(look).toBe(200);
  await set('--no-operator');
  await expect.poll(look).toBe(403);
});

test('the system shows version, queue, workers, leases, backends and totals as they are', async () => {
  const account = await makeAccount(server, { maxRunning: 1 });
  await submitEndless(account);
  await submit(account, { prompt: 'waits' });
  await submit(account, { prompt: 'waits' });
  // What was looked at within the last second is shown again.
  await expect
    .poll(async () => (await call(server, '/v1/system')).body.queue.queued, { timeout: 5000 })
    .toBe(2);
  const { headers, body } = await call(server, '/v1/system');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(body).toMatchObject({
    version: packageJson.version,
    started_at: expect.stringMatching(TIME),
    database: expect.stringContaining('embedded PostgreSQL'),
    queue: { queued: 2, running: 1, oldest_seconds: expect.any(Number) },
    leases: { held: 1, expired: 0 },
  });
  expect(body.queue.pools).toEqual([
    { pool: 'sandbox', queued: 2, running: 1, oldest_seconds: body.queue.oldest_seconds, served: true },
  ]);
  expect(body.workers).toEqual([
    {
      id: expect.stringMatching(UUID),
      description: expect.stringContaining(String(process.pid)),
      pools: ['comfyui', 'sandbox'],
      concurrency: 16,
      started_at: expect.stringMatching(TIME),
      heartbeat_at: expect.stringMatching(TIME),
    },
  ]);
  const [comfyui, sandbox] = body.backends;
  expect(comfyui).toMatchObject({
    name: 'comfyui',
    breaker: 'closed',
    retry_in_seconds: 0,
    reachable: false,
    checked_at: expect.stringMatching(TIME),
  });
  expect(comfyui.models).toContain('comfyui/wan-2.2/text-to-video');
  expect(sandbox).toMatchObject({ name: 'sandbox', reachable: true });
  expect(sandbox.models).toContain(TEXT_TO_IMAGE);
  expect(body.accounts.total).toBe((await call(server, '/v1/accounts?limit=100')).body.accounts.length);
  // Three images are reserved for.
  expect(body.spent_this_month_usd).toBeCloseTo(3 * 0.067);
});

describe('accounts', () => {
  test('are made with limits, shown with their use, and let somebody in by a link', async () => {
    const made = await make({ name: 'partner', max_running: 2, max_queued: 7, monthly_budget_usd: 12.5 });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(UUID),
      name: 'partner',
      operator: false,
      created_at: expect.stringMatching(TIME),
      limits: { max_running: 2, max_queued: 7 },
      effective_limits: { max_running: 2, max_queued: 7 },
      queued: 0,
      running: 0,
      budget: { monthly_usd: 12.5, spent_this_month_usd: 0, remaining_usd: 12.5 },
    });
    const {
      status,
      headers,
      body: link,
    } = await call(server, `/v1/accounts/${made.body.id}/links`, { method: 'POST' });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(link.url).toMatch(new RegExp(`^${server.url}/link#[0-9a-z]{52}$`));
    expect((Date.parse(link.expires_at) - Date.now()) / 60_000).toBeCloseTo(60, 0);

    const browser = openBrowser(server);
    await browser.signIn({ link: link.url.split('#')[1] });
    const { key } = (await browser.call('/v1/keys', { json: { name: 'mine' }, account: made.body.id })).body;
    const account = { ...server, key };
    await submitEndless(account);
    await submitEndless(account);
    await submit(account, { prompt: 'x' });
    const { body } = await call(server, `/v1/accounts/${made.body.id}`);
    expect(body).toMatchObject({
      running: 2,
      queued: 1,
      budget: { spent_this_month_usd: 0.201, remaining_usd: 12.299 },
    });
  });

  test('have a name of their own, of however many that want it at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => make({ name: 'wanted' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(codeOf(answer)).toEqual([409, 409001]);
    const other = await make({ name: 'unwanted' });
    expect(codeOf(await change(other.body.id, { name: 'wanted' }))).toEqual([409, 409001]);
    expect((await change(other.body.id, { name: 'unwanted' })).status).toBe(200);
    expect((await change(other.body.id, { name: 'renamed' })).body.name).toBe('renamed');
  });

  test('are changed field by field, so that changes at once lose nothing, and count at once', async () => {
    const { accountId, key } = await makeAccount(server);
    await Promise.all([
      change(accountId, { max_running: 3 }),
      change(accountId, { max_queued: 4 }),
      change(accountId, { monthly_budget_usd: 5 }),
      change(accountId, { name: 'all of it' }),
    ]);
    expect((await call(server, `/v1/accounts/${accountId}`)).body).toMatchObject({
      name: 'all of it',
      limits: { max_running: 3, max_queued: 4 },
      budget: { monthly_usd: 5 },
    });
    const tenant = { ...server, key };
    expect((await call(tenant, '/v1/account')).body.limits).toMatchObject({ max_running: 3, max_queued: 4 });
    await change(accountId, { monthly_budget_usd: 0.01 });
    const post = () => call(tenant, `/v1/models/${TEXT_TO_IMAGE}`, { json: { prompt: 'x' } });
    expect((await post()).status).toBe(402);
    const back = await change(accountId, { max_running: null, max_queued: null, monthly_budget_usd: null });
    expect(back.body).toMatchObject({
      limits: { max_running: null, max_queued: null },
      effective_limits: { max_running: 8, max_queued: 100_000 },
      budget: { monthly_usd: null, remaining_usd: null },
    });
    expect((await post()).status).toBe(200);
  });

  test('are listed in pages, and found by part of their name or by id', async () => {
    for (const name of ['Gallery A', 'gallery b', 'Other']) await make({ name });
    const all: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await call(server, `/v1/accounts?limit=2${cursor && `&cursor=${cursor}`}`);
      all.push(...body.accounts.map(({ id }: { id: string }) => id));
      if (body.next_cursor === null) break;
      cursor = body.next_cursor;
    }
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(all.toSorted());
    const namesOf = async (search: string): Promise<string[]> =>
      (await call(server, `/v1/accounts?search=${encodeURIComponent(search)}`)).body.accounts.map(
        ({ name }: { name: string }) => name,
      );
    expect(await namesOf('GALLERY')).toEqual(['Gallery A', 'gallery b']);
    expect(await namesOf(all[0]!)).toEqual(['default']);
    expect(await namesOf('%')).toEqual([]);
  });

  test.each([
    ['POST', '/v1/accounts', {}, [422, 422001]],
    ['POST', '/v1/accounts', { name: '' }, [422, 422001]],
    ['POST', '/v1/accounts', { name: 'x', operator: true }, [422, 422001]],
    ['POST', '/v1/accounts', { name: 'x', max_running: 0 }, [422, 422001]],
    ['POST', '/v1/accounts', { name: 'x', monthly_budget_usd: -1 }, [422, 422001]],
    ['PATCH', '/v1/accounts/01890000-0000-7000-8000-000000000000', {}, [422, 422001]],
    ['PATCH', '/v1/accounts/01890000-0000-7000-8000-000000000000', { max_queued: 1 }, [404, 404001]],
    ['PATCH', '/v1/accounts/default', { max_queued: 1 }, [400, 400001]],
    ['GET', '/v1/accounts/01890000-0000-7000-8000-000000000000', undefined, [404, 404001]],
    ['GET', '/v1/accounts?limit=101', undefined, [422, 422001]],
    ['GET', '/v1/accounts?cursor=x', undefined, [422, 422001]],
    ['POST', '/v1/accounts/01890000-0000-7000-8000-000000000000/links', undefined, [404, 404001]],
  ])('%s %s with %j is refused', async (method, path, json, code) => {
    expect(codeOf(await call(server, path, { method, ...(json && { json }) }))).toEqual(code);
  });
});
