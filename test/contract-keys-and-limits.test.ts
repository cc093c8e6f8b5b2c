/** /v1/keys: made, changed and revoked; scopes, budgets and rates: what a key may, and what stops it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey, rowsOf } from './support/accounts.ts';
import { type Answer, call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { drawPicture } from './support/pictures.ts';
import { submitEndless, TIME, UUID } from './support/requests.ts';
import { startTestServer, TEST_KEY, type TestServer, temporaryFolder } from './support/server.ts';

type Caller = Pick<TestServer, 'url' | 'key'>;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
});
afterAll(() => server[Symbol.asyncDispose]());

const withKey = (key: string): Caller => ({ url: server.url, key });
const make = (fields: Record<string, unknown>, caller: Caller = server) =>
  call(caller, '/v1/keys', { json: { name: 'a key', ...fields } });
const change = (id: string, fields: Record<string, unknown>, caller: Caller = server) =>
  call(caller, `/v1/keys/${id}`, { method: 'PATCH', json: fields });
const revoke = (id: string, caller: Caller = server) => call(caller, `/v1/keys/${id}`, { method: 'DELETE' });
const show = (id: string, caller: Caller = server) => call(caller, `/v1/keys/${id}`);
const post = (caller: Caller, input: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  call(caller, `/v1/models/${TEXT_TO_IMAGE}`, { json: { prompt: 'x', ...input }, headers });
const codeOf = ({ status, body }: Answer) => [status, body.error_code];

describe('keys', () => {
  test('are made with 201; the secret is shown this once', async () => {
    const answer = await make({
      name: 'for the shop',
      scopes: ['generate', 'read'],
      monthly_budget_usd: 1.5,
      requests_per_minute: 100,
      expires_at: '2099-01-31T12:00:00Z',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { key, ...rest } = answer.body;
    expect(key).toMatch(/^dk_[0-9a-z]{40}$/);
    expect(rest).toEqual({
      id: expect.stringMatching(UUID),
      name: 'for the shop',
      hint: key.slice(0, 8),
      scopes: ['generate', 'read'],
      monthly_budget_usd: 1.5,
      spent_this_month_usd: 0,
      requests_per_minute: 100,
      created_at: expect.stringMatching(TIME),
      last_used_at: null,
      expires_at: '2099-01-31T12:00:00.000000+00:00',
      revoked_at: null,
    });
    expect((await show(rest.id)).body).toEqual(rest);
    const { body: list } = await call(server, '/v1/keys');
    expect(Object.keys(list)).toEqual(['keys']);
    expect(list.keys).toContainEqual(rest);
    expect(JSON.stringify(list)).not.toContain(key);
    const stored = await rowsOf<Record<string, unknown>>(
      server,
      'select k::text as row from keys k where id = $1',
      [rest.id],
    );
    expect(JSON.stringify(stored)).not.toContain(key);
  });

  test('may generate and have no limits where nothing else is said', async () => {
    expect((await make({})).body).toMatchObject({
      scopes: ['generate'],
      monthly_budget_usd: null,
      requests_per_minute: null,
      expires_at: null,
    });
  });

  test('are listed newest first', async () => {
    const account = await makeAccount(server);
    const first = await makeKey(account, { name: 'first' });
    const second = await makeKey(account, { name: 'second' });
    const { body } = await call(account, '/v1/keys');
    expect(body.keys.map((one: { id: string }) => one.id)).toEqual([second.id, first.id, account.keyId]);
  });

  test('are changed one field at a time, and null takes a limit away', async () => {
    const { id } = await makeKey(server, { monthly_budget_usd: 1, requests_per_minute: 5 });
    expect((await change(id, { name: 'renamed' })).body).toMatchObject({
      name: 'renamed',
      monthly_budget_usd: 1,
      requests_per_minute: 5,
    });
    expect((await change(id, { monthly_budget_usd: null, scopes: ['read'] })).body).toMatchObject({
      monthly_budget_usd: null,
      requests_per_minute: 5,
      scopes: ['read'],
    });
  });

  test.each([
    ['no name', { name: undefined }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['no scope', { scopes: [] }, 'scopes'],
    ['an unknown scope', { scopes: ['write'] }, 'scopes'],
    ['a budget below nothing', { monthly_budget_usd: -1 }, 'monthly_budget_usd'],
    ['a rate of nothing', { requests_per_minute: 0 }, 'requests_per_minute'],
    ['a time that is none', { expires_at: 'tomorrow' }, 'expires_at'],
    ['an unknown field', { budget: 1 }, 'budget'],
  ])('%s is a 422 that names the field', async (_, fields, field) => {
    const { status, body } = await make(fields);
    expect(status).toBe(422);
    expect(body.detail.map(({ loc }: { loc: string[] }) => loc.slice(0, 2))).toContainEqual(['body', field]);
  });

  test("another account's key is no such key, and an id that is none is malformed", async () => {
    const stranger = await makeAccount(server);
    const { id, key } = await makeKey(server);
    for (const act of [
      show,
      revoke,
      (one: string, caller: Caller) => change(one, { name: 'mine' }, caller),
    ]) {
      expect(codeOf(await act(id, stranger))).toEqual([404, 404001]);
      expect(codeOf(await act('none', server))).toEqual([400, 400001]);
    }
    expect((await call(withKey(key), '/v1/models')).status).toBe(200);
  });
});

describe('a key that is', () => {
  const refused = async (key: string): Promise<string> => {
    const answer = await call(withKey(key), '/v1/models');
    expect(codeOf(answer)).toEqual([401, 400004]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    return answer.body.message;
  };

  test('revoked is refused from then on, for good', async () => {
    const { id, key } = await makeKey(server);
    expect((await call(withKey(key), '/v1/models')).status).toBe(200);
    expect((await revoke(id)).status).toBe(204);
    expect(await refused(key)).toMatch(/revoked/);
    const { body } = await show(id);
    expect(body.revoked_at).toMatch(TIME);
    // Again changes nothing.
    expect((await revoke(id)).status).toBe(204);
    expect((await show(id)).body).toEqual(body);
    await change(id, { name: 'still revoked' });
    await refused(key);
  });

  test('expired is refused from that very time, although it was just in use', async () => {
    const { id, key } = await makeKey(server);
    expect((await call(withKey(key), '/v1/models')).status).toBe(200);
    await change(id, { expires_at: new Date(Date.now() - 1000).toISOString() });
    expect(await refused(key)).toMatch(/expired/);
    await change(id, { expires_at: new Date(Date.now() + 2000).toISOString() });
    expect((await call(withKey(key), '/v1/models')).status).toBe(200);
    await expect
      .poll(async () => (await call(withKey(key), '/v1/models')).status, { timeout: 10_000 })
      .toBe(401);
    await change(id, { expires_at: null });
    expect((await call(withKey(key), '/v1/models')).status).toBe(200);
  });

  test.each([
    ['unknown', 'Bearer dk_0000000000000000000000000000000000000000'],
    ['missing', undefined],
    ['malformed', 'Bearer'],
    ['two', 'Bearer a b'],
    ['of another scheme', `Basic ${TEST_KEY}`],
    ['bare', TEST_KEY],
  ])('%s is refused', async (_, authorization) => {
    const answer = await call(server, '/v1/models', {
      key: null,
      headers: { ...(authorization && { authorization }) },
    });
    expect(codeOf(answer)).toEqual([401, 400004]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(answer.body.message).not.toContain('dk_');
  });

  test('sent in another case of Bearer is taken', async () => {
    const headers = { authorization: `bearer ${server.key}` };
    expect((await call(server, '/v1/models', { key: null, headers })).status).toBe(200);
  });
});

test('the last use of a key is written', async () => {
  const dataDir = await temporaryFolder();
  let id: string;
  {
    await using first = await startTestServer({}, dataDir);
    const made = await makeKey(first);
    id = made.id;
    expect((await call({ ...first, key: made.key }, '/v1/models')).status).toBe(200);
    await makeKey(first, { name: 'never used' });
  }
  // At the latest when the server stops.
  await using second = await startTestServer({ DARKROOM_API_KEY: 'dk_ignored_since_there_is_one' }, dataDir);
  const { body } = await call({ ...second, key: TEST_KEY }, '/v1/keys');
  const used = (name: string) => body.keys.find((one: { name: string }) => one.name === name).last_used_at;
  expect(body.keys.find((one: { id: string }) => one.id === id).last_used_at).toMatch(TIME);
  expect(used('never used')).toBeNull();
});

describe('scopes', () => {
  let requestId: string;
  let png: Buffer;
  beforeAll(async () => {
    png = await drawPicture();
    requestId = await submit(server, { prompt: 'x', resolution: '0.5K' });
    await resultOf(server, requestId);
  });

  const NOBODY = '01890000-0000-7000-8000-000000000000';
  const reading: [string, string][] = [
    ['GET', '/v1/models'],
    ['GET', '/v1/models/categories'],
    ['GET', `/v1/models/${TEXT_TO_IMAGE}`],
    ['GET', '/v1/requests'],
    ['GET', '/v1/requests/{id}/status'],
    ['GET', '/v1/requests/{id}/result'],
    ['GET', '/v1/files'],
    ['GET', '/v1/usage'],
    ['GET', '/v1/account'],
  ];
  const generating: [string, string][] = [
    ['POST', `/v1/models/${TEXT_TO_IMAGE}`],
    ['POST', '/v1/requests/{id}/cancel'],
    ['DELETE', `/v1/requests/${NOBODY}`],
    ['POST', '/v1/files'],
    ['DELETE', `/v1/files/${'a'.repeat(32)}`],
  ];
  const administering: [string, string][] = [
    ['GET', '/v1/keys'],
    ['POST', '/v1/keys'],
    ['GET', `/v1/keys/${NOBODY}`],
    ['PATCH', `/v1/keys/${NOBODY}`],
    ['DELETE', `/v1/keys/${NOBODY}`],
  ];
  const bodyOf = (method: string, path: string) => {
    if (path === '/v1/files' && method === 'POST')
      return { body: new Uint8Array(png), headers: { 'content-type': 'image/png' } };
    if (path.startsWith('/v1/models/') && method === 'POST')
      return { json: { prompt: 'x', resolution: '0.5K' } };
    return path.startsWith('/v1/keys') && method !== 'GET' && method !== 'DELETE'
      ? { json: { name: 'x' } }
      : {};
  };

  test.each([
    ['read', reading, [...generating, ...administering]],
    ['generate', [...reading, ...generating], administering],
    ['admin', [...reading, ...generating, ...administering], []],
  ])('%s may do exactly what it says', async (scope, may, mayNot) => {
    const caller = withKey((await makeKey(server, { scopes: [scope] })).key);
    const statusOf = async (method: string, path: string) => {
      const answer = await call(caller, path.replace('{id}', requestId), { method, ...bodyOf(method, path) });
      if (answer.status === 403)
        expect(answer.body).toMatchObject({ error_code: 403001, error_name: 'PermissionDenied' });
      return answer.status;
    };
    for (const [method, path] of may)
      expect([method, path, await statusOf(method, path)]).toEqual([
        method,
        path,
        expect.not.toBeOneOf([401, 403]),
      ]);
    for (const [method, path] of mayNot)
      expect([method, path, await statusOf(method, path)]).toEqual([method, path, 403]);
  });

  test('changed, they count at once', async () => {
    const { id, key } = await makeKey(server, { scopes: ['read'] });
    expect((await post(withKey(key))).status).toBe(403);
    await change(id, { scopes: ['generate'] });
    expect((await post(withKey(key))).status).toBe(200);
    await change(id, { scopes: ['read'] });
    expect((await post(withKey(key))).status).toBe(403);
  });
});

describe('a monthly budget', () => {
  const PRICE = 0.067;

  test('of a key stops what could go over it, even when all come at once, and says what is left', async () => {
    const { id, key } = await makeKey(server, { monthly_budget_usd: 0.2 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(withKey(key))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    const refusals = answers.filter(({ status }) => status !== 200);
    for (const refusal of refusals) expect(codeOf(refusal)).toEqual([402, 400002]);
    expect(refusals[0]!.body.message).toMatch(/0\.066 USD left of 0\.2 USD.*0\.067 USD/);
    expect((await show(id)).body.spent_this_month_usd).toBe(2 * PRICE);
    // A cheaper one still fits.
    expect((await post(withKey(key), { resolution: '0.5K' })).status).toBe(200);
    // Other keys of the account have nothing to do with it.
    expect((await post(server)).status).toBe(200);
  });

  test('of an account counts all its keys together', async () => {
    const account = await makeAccount(server, { monthlyBudget: 200_000 });
    const keys = [account.key, (await makeKey(account)).key, (await makeKey(account)).key];
    const answers = await Promise.all(Array.from({ length: 15 }, (_, n) => post(withKey(keys[n % 3]!))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 402)).toHaveLength(13);
    expect((await call(account, '/v1/account')).body.budget).toEqual({
      monthly_usd: 0.2,
      spent_this_month_usd: 2 * PRICE,
      remaining_usd: 0.066,
    });
  });

  test('reserves what a request may cost, and keeps only what it did', async () => {
    const { id, key } = await makeKey(server, { monthly_budget_usd: 0.19 });
    const spent = async () => (await show(id)).body.spent_this_month_usd;
    const blocked = { resolution: '0.5K', prompt: 'x [[sandbox:partial=1]]', num_images: 4 };
    await resultOf(withKey(key), (await post(withKey(key), blocked)).body.request_id);
    expect(await spent()).toBe(0.045);
    // Four more could be 0.18.
    expect((await post(withKey(key), { resolution: '0.5K', num_images: 4 })).status).toBe(402);
    // As could one without a limit of four images.
    expect((await post(withKey(key), { resolution: '0.5K', limit_generations: false })).status).toBe(402);
    expect((await post(withKey(key), { resolution: '0.5K', num_images: 3 })).status).toBe(200);
  });

  test('gets back what a failed or cancelled request had reserved', async () => {
    const account = await makeAccount(server, { maxRunning: 1, monthlyBudget: 140_000 });
    const failed = await submit(account, { prompt: 'x [[sandbox:blocked]]' });
    await resultOf(account, failed);
    await submitEndless(account);
    for (let n = 0; n < 3; n++) {
      const waiting = await submit(account, { prompt: 'x' });
      expect((await post(account)).status).toBe(402);
      await call(account, `/v1/requests/${waiting}/cancel`, { method: 'POST' });
    }
  });

  test('raised, counts at once; and a refused submit has left its Idempotency-Key free', async () => {
    const { id, key } = await makeKey(server, { monthly_budget_usd: 0.01 });
    const headers = { 'idempotency-key': 'after the raise' };
    expect((await post(withKey(key), {}, headers)).status).toBe(402);
    await change(id, { monthly_budget_usd: 1 });
    const taken = await post(withKey(key), {}, headers);
    expect(taken.status).toBe(200);
    expect(taken.headers.has('idempotency-replayed')).toBe(false);
    // A replay costs nothing, whatever the budget.
    await change(id, { monthly_budget_usd: 0 });
    expect((await post(withKey(key), {}, headers)).body).toEqual(taken.body);
    expect((await post(withKey(key))).status).toBe(402);
  });

  test('of last month does not count', async () => {
    const { id, key } = await makeKey(server, { monthly_budget_usd: 0.07 });
    await resultOf(withKey(key), (await post(withKey(key))).body.request_id);
    expect((await post(withKey(key))).status).toBe(402);
    await rowsOf(server, "update spending set month = month - interval '1 month' where owner_id = $1", [id]);
    expect((await show(id)).body.spent_this_month_usd).toBe(0);
    expect((await post(withKey(key))).status).toBe(200);
  });
});

describe('a rate', () => {
  const RATE = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'];
  const headersOf = ({ headers }: Answer) => RATE.map((name) => headers.get(name));

  test('is told with every answer, and what is over it is a 429 that says when to come back', async () => {
    const { key } = await makeKey(server, { requests_per_minute: 3 });
    for (const left of ['2', '1', '0']) {
      const answer = await call(withKey(key), '/v1/models');
      expect(answer.status).toBe(200);
      expect(headersOf(answer)).toEqual(['3', left, expect.stringMatching(/^([1-9]|[1-5]\d|60)$/)]);
    }
    const refused = await post(withKey(key));
    expect(codeOf(refused)).toEqual([429, 429001]);
    expect(headersOf(refused)).toEqual(['3', '0', refused.headers.get('retry-after')]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    // Another key of the account is not held up.
    expect((await call(server, '/v1/models')).status).toBe(200);
  });

  test('never lets more through when all come at once', async () => {
    const { key } = await makeKey(server, { requests_per_minute: 10 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => call(withKey(key), '/v1/models')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
  });

  test('that nobody set is not told', async () => {
    expect(headersOf(await call(server, '/v1/models'))).toEqual([null, null, null]);
  });

  test('holds for every key where the server has one', async () => {
    await using limited = await startTestServer({ DARKROOM_RATE_LIMIT: '2' });
    expect(headersOf(await call(limited, '/v1/models'))[0]).toBe('2');
    expect((await call(limited, '/v1/account')).body.limits.requests_per_minute).toBe(2);
    expect((await call(limited, '/v1/models')).status).toBe(429);
    // What is public has no key to count.
    expect((await call(limited, '/health', { key: null })).status).toBe(200);
  });
});

describe('the bound on waiting requests', () => {
  test('is a 429 when it is reached, and again room when one leaves', async () => {
    const account = await makeAccount(server, { maxRunning: 1, maxQueued: 3 });
    await submitEndless(account);
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(account)));
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken).toHaveLength(3);
    const refused = answers.find(({ status }) => status !== 200)!;
    expect(codeOf(refused)).toEqual([429, 429001]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.body.message).toMatch(/3 requests are waiting/);
    await call(account, `/v1/requests/${taken[0]!.body.request_id}/cancel`, { method: 'POST' });
    expect((await post(account)).status).toBe(200);
    expect((await post(account)).status).toBe(429);
  });
});
