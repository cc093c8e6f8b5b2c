/** Working with a session of the web app: what its cookie may do, from where, for which account, and until when. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey, rowsOf } from './support/accounts.ts';
import { type Answer, call, EDIT, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { type Browser, linkTo, openBrowser, signedIn } from './support/browser.ts';
import { drawPicture } from './support/pictures.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
});
afterAll(() => server[Symbol.asyncDispose]());

type SignedIn = Awaited<ReturnType<typeof signedIn>>;
const codeOf = ({ status, body }: Answer) => [status, body.error_code];
const withKey = (key: string) => ({ url: server.url, key });
const cookieOf = ({ cookies }: Browser) => [...cookies].map((pair) => pair.join('=')).join('; ');
const namesOf = async (key: string): Promise<string[]> =>
  (await call(withKey(key), '/v1/keys')).body.keys.map(({ name }: { name: string }) => name);
/** What another process would tell when a session or key has changed. */
const tellServers = () => rowsOf(server, `select pg_notify('darkroom', 'test keys any')`);

test('a session does whatever its key does', async () => {
  const browser = await signedIn(server, server.key);
  const upload = await browser.call('/v1/files', {
    body: new Uint8Array(await drawPicture()),
    headers: { 'content-type': 'image/png' },
  });
  expect(upload.status).toBe(201);
  const answer = await browser.call(`/v1/models/${EDIT}`, {
    json: { prompt: 'x', resolution: '0.5K', image_urls: [upload.body.url] },
  });
  expect(answer.status).toBe(200);
  const { request_id: id } = answer.body;
  expect((await resultOf(server, id)).status).toBe('completed');
  expect((await browser.call(`/v1/requests/${id}/status`)).body.status).toBe('completed');
  expect((await browser.call(`/v1/requests/${id}/result`)).body.output.image).toMatch(/^http/);
  expect((await browser.call(`/v1/requests/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await browser.call('/v1/keys', { json: { name: 'by session' } })).status).toBe(201);
});

test('what a session submits counts as of its key, in its usage, its budget and its rate', async () => {
  const { accountId, key } = await makeAccount(server);
  const browser = openBrowser(server);
  const { body } = await browser.signIn({ link: await linkTo(server, accountId) });
  const webKey = body.accounts[0].key.id;
  await call(withKey(key), `/v1/keys/${webKey}`, { method: 'PATCH', json: { monthly_budget_usd: 0.05 } });
  const post = () =>
    browser.call(`/v1/models/${TEXT_TO_IMAGE}`, {
      json: { prompt: 'x', resolution: '0.5K' },
      account: accountId,
    });
  const first = await post();
  expect(first.status).toBe(200);
  expect(codeOf(await post())).toEqual([402, 400002]);
  await resultOf(withKey(key), first.body.request_id);
  const { usage } = (await call(withKey(key), '/v1/usage?group_by=key')).body;
  expect(usage).toEqual([
    expect.objectContaining({ key_id: webKey, key_name: 'Web app (link)', requests: 1, cost_usd: 0.045 }),
  ]);
  expect((await browser.call('/v1/session')).body.accounts[0].budget).toEqual({
    key_remaining_usd: 0.005,
    account_remaining_usd: null,
    remaining_usd: 0.005,
  });

  const slow = await makeKey(withKey(key), { requests_per_minute: 3 });
  const other = await signedIn(server, slow.key);
  const statuses = [
    await other.call('/v1/models'),
    await call(withKey(slow.key), '/v1/models'),
    await other.call('/v1/models'),
    await other.call('/v1/models'),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 200, 429]);
});

test('a session has the scopes of its key as they are now', async () => {
  const { id, key } = await makeKey(server, { scopes: ['read'] });
  const browser = await signedIn(server, key);
  const attempt = async () =>
    (await browser.call(`/v1/models/${TEXT_TO_IMAGE}`, { json: { prompt: 'x', resolution: '0.5K' } })).status;
  expect([await attempt(), (await browser.call('/v1/requests')).status]).toEqual([403, 200]);
  await call(server, `/v1/keys/${id}`, { method: 'PATCH', json: { scopes: ['generate'] } });
  expect([await attempt(), (await browser.call('/v1/keys')).status]).toEqual([200, 403]);
  expect((await browser.call('/v1/session')).body.accounts[0].key.scopes).toEqual(['generate']);
});

test('an Authorization header wins over the cookie, also when it is wrong', async () => {
  const other = await makeAccount(server, { name: 'the other' });
  const browser = await signedIn(server, server.key);
  const as = (authorization: string, path: string) => browser.call(path, { headers: { authorization } });
  expect((await as(`Bearer ${other.key}`, '/v1/account')).body.name).toBe('the other');
  const { accounts } = (await as(`Bearer ${other.key}`, '/v1/session')).body;
  expect(accounts).toEqual([
    expect.objectContaining({
      account: { id: other.accountId, name: 'the other', operator: false },
      signed_in_by: 'authorization',
      created_at: null,
      expires_at: null,
    }),
  ]);
  for (const path of ['/v1/account', '/v1/session'])
    expect((await as('Bearer dk_wrong_wrong_wrong', path)).status).toBe(401);
  // And needs none of the proofs that a cookie needs.
  const headers = { authorization: `Bearer ${other.key}`, origin: 'https://elsewhere.example' };
  expect((await browser.call('/v1/keys', { json: { name: 'by key' }, headers, account: null })).status).toBe(
    201,
  );
  expect(await namesOf(other.key)).toContain('by key');
});

describe('a page elsewhere', () => {
  let browser: SignedIn;
  let victim: { accountId: string; key: string };
  beforeAll(async () => {
    victim = await makeAccount(server);
    browser = await signedIn(server, victim.key);
  });

  /** As the browser sends it: with the cookie, since it is that page's worst case. */
  const attack = (
    headers: Record<string, string | undefined>,
    path = '/v1/keys',
    body = '{"name":"stolen"}',
  ) =>
    call(server, path, {
      method: 'POST',
      key: null,
      body,
      headers: Object.fromEntries(
        Object.entries({
          cookie: cookieOf(browser),
          origin: server.url,
          'content-type': 'application/json',
          'x-darkroom-account': victim.accountId,
          ...headers,
        }).filter(([, value]) => value !== undefined),
      ) as Record<string, string>,
    });

  test.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['in a sandboxed frame', { origin: 'null' }],
    ['on another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['whose name begins as ours', () => ({ origin: `${server.url}.evil.example` })],
    ['on a sibling host, as the browser tells', { 'sec-fetch-site': 'same-site' }],
    ['of another site, as the browser tells, whatever Origin says', { 'sec-fetch-site': 'cross-site' }],
    ['that hides its origin', { origin: undefined }],
    ['that cannot name the account', { 'x-darkroom-account': undefined }],
    ['typed in by a person, which no change is', { origin: undefined, 'sec-fetch-site': 'none' }],
  ])('%s changes nothing', async (_, headers) => {
    const answer = await attack(typeof headers === 'function' ? headers() : headers);
    expect(codeOf(answer)).toEqual([403, 403001]);
    expect(await namesOf(victim.key)).not.toContain('stolen');
  });

  test('changes nothing by a form, which can send neither JSON nor a header of its own', async () => {
    const form = { 'x-darkroom-account': undefined, 'content-type': 'application/x-www-form-urlencoded' };
    for (const headers of [
      form,
      { ...form, origin: 'https://evil.example' },
      { ...form, 'content-type': 'text/plain' },
    ])
      expect((await attack(headers)).status).toBe(403);
    const upload = { ...form, 'content-type': 'multipart/form-data; boundary=b' };
    expect((await attack(upload, '/v1/files', '--b--')).status).toBe(403);
    expect(await namesOf(victim.key)).not.toContain('stolen');
  });

  test('can neither sign somebody in to its own account nor out of theirs', async () => {
    const mine = JSON.stringify({ api_key: server.key });
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: undefined },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await attack(headers, '/v1/session', mine);
      expect(answer.status).toBe(403);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    const form = { 'content-type': 'text/plain' };
    expect((await attack(form, '/v1/session', mine)).status).toBe(415);
    const out = await call(server, '/v1/session?all=true', {
      method: 'DELETE',
      key: null,
      headers: { cookie: cookieOf(browser), origin: 'https://evil.example' },
    });
    expect(out.status).toBe(403);
    expect((await browser.call('/v1/account')).status).toBe(200);
  });

  test('reads nothing: neither does its cookie count nor may its script look', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      for (const path of ['/v1/account', '/v1/session'])
        expect((await browser.call(path, { headers })).status).toBe(403);
    const preflight = await call(server, '/v1/session', {
      method: 'OPTIONS',
      key: null,
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-darkroom-account',
      },
    });
    // Without this word browsers send no cookie along and keep none.
    expect(preflight.headers.has('access-control-allow-credentials')).toBe(false);
    expect((await attack({})).headers.has('access-control-allow-credentials')).toBe(false);
  });

  test('is told from the address bar, where a person may read what is theirs', async () => {
    const headers = { cookie: cookieOf(browser), 'sec-fetch-site': 'none' };
    expect((await call(server, '/v1/account', { key: null, headers })).body.id).toBe(victim.accountId);
  });
});

describe('several accounts in one browser', () => {
  test('are all there, and each call says which one acts', async () => {
    const [one, two] = [
      await makeAccount(server, { name: 'one' }),
      await makeAccount(server, { name: 'two' }),
    ];
    const browser = openBrowser(server);
    await browser.signIn({ api_key: one.key });
    const { body } = await browser.signIn({ api_key: two.key });
    const names = (accounts: { account: { name: string } }[]) => accounts.map(({ account }) => account.name);
    expect(names(body.accounts)).toEqual(['two', 'one']);
    expect(names((await browser.call('/v1/session')).body.accounts)).toEqual(['two', 'one']);
    for (const { accountId } of [one, two])
      expect((await browser.call('/v1/account', { account: accountId.toUpperCase() })).body.id).toBe(
        accountId,
      );

    const unclear = await browser.call('/v1/account');
    expect(codeOf(unclear)).toEqual([422, 422001]);
    expect(unclear.body.detail[0].loc).toEqual(['header', 'X-Darkroom-Account']);
    const stranger = await makeAccount(server);
    for (const account of [stranger.accountId, 'one'])
      expect((await browser.call('/v1/account', { account })).status).toBe(401);
  });

  test('see nothing of each other', async () => {
    const [one, two] = [await makeAccount(server), await makeAccount(server)];
    const browser = openBrowser(server);
    await browser.signIn({ api_key: one.key });
    await browser.signIn({ api_key: two.key });
    const id = await submit(withKey(one.key), { prompt: 'x', resolution: '0.5K' });
    await resultOf(withKey(one.key), id);
    const statusAs = async ({ accountId }: { accountId: string }) =>
      (await browser.call(`/v1/requests/${id}/status`, { account: accountId })).status;
    expect([await statusAs(one), await statusAs(two)]).toEqual([200, 404]);
    // A cookie under another account's name is nobody's.
    const [[first, token], [second]] = [...browser.cookies] as [[string, string], [string, string]];
    browser.cookies.set(second, token).delete(first);
    expect((await browser.call('/v1/account', { account: two.accountId })).status).toBe(401);
    expect((await browser.call('/v1/session')).body).toEqual({ accounts: [] });
  });

  test('are left one by one or all at once, and what was left is of no use', async () => {
    const accounts = [await makeAccount(server), await makeAccount(server), await makeAccount(server)];
    const browser = openBrowser(server);
    for (const { key } of accounts) await browser.signIn({ api_key: key });
    const before = cookieOf(browser);
    const signOut = (path: string, account: string | null) =>
      browser.call(path, { method: 'DELETE', account });
    expect(codeOf(await signOut('/v1/session', null))).toEqual([422, 422001]);
    expect((await signOut('/v1/session', accounts[0]!.accountId)).status).toBe(204);
    expect(browser.cookies.size).toBe(2);
    const left = async () =>
      (await browser.call('/v1/session')).body.accounts.map(
        ({ account }: { account: { id: string } }) => account.id,
      );
    expect(await left()).toEqual([accounts[2]!.accountId, accounts[1]!.accountId]);
    expect((await signOut('/v1/session?all=true', null)).status).toBe(204);
    expect([browser.cookies.size, await left()]).toEqual([0, []]);
    expect((await signOut('/v1/session?all=true', null)).status).toBe(204);
    for (const { accountId } of accounts) {
      const headers = { cookie: before, 'x-darkroom-account': accountId };
      expect((await call(server, '/v1/account', { key: null, headers })).status).toBe(401);
    }
    const ids = accounts.map(({ accountId }) => accountId);
    const rows = 'select from sessions s join keys k on k.id = s.key_id where k.account_id = any($1)';
    expect(await rowsOf(server, rows, [ids])).toEqual([]);
  });

  test('are ten at most', async () => {
    const browser = openBrowser(server);
    const accounts = await Promise.all(Array.from({ length: 11 }, () => makeAccount(server)));
    const statuses: number[] = [];
    for (const { key } of accounts) statuses.push((await browser.signIn({ api_key: key })).status);
    expect(statuses).toEqual([...Array(10).fill(201), 409]);
    expect((await browser.call('/v1/session')).body.accounts).toHaveLength(10);
    // One that has ended makes room, and its cookie goes.
    await call(withKey(accounts[3]!.key), `/v1/keys/${accounts[3]!.keyId}`, { method: 'DELETE' });
    expect((await browser.signIn({ api_key: accounts[10]!.key })).status).toBe(201);
    expect(browser.cookies.size).toBe(10);
  });
});

describe('a session ends', () => {
  const ended = async (browser: SignedIn, message: RegExp) => {
    await tellServers();
    await expect.poll(async () => (await browser.call('/v1/account')).status).toBe(401);
    expect((await browser.call('/v1/account')).body.message).toMatch(message);
    expect((await browser.call('/v1/session')).body).toEqual({ accounts: [] });
  };
  const age = (browser: SignedIn, column: 'seen_at' | 'created_at', interval: string) =>
    rowsOf(
      server,
      `update sessions s set ${column} = now() - $2::interval from keys k where k.id = s.key_id and k.account_id = $1`,
      [browser.account, interval],
    );

  test('when it has not been used for two weeks', async () => {
    const browser = await signedIn(server, (await makeAccount(server)).key);
    await age(browser, 'seen_at', '13 days 23 hours');
    await tellServers();
    expect((await browser.call('/v1/account')).status).toBe(200);
    await age(browser, 'seen_at', '14 days 1 second');
    await ended(browser, /after a while/);
  });

  test('after three months, however much it is used', async () => {
    const browser = await signedIn(server, (await makeAccount(server)).key);
    await age(browser, 'created_at', '89 days 23 hours');
    await tellServers();
    const { expires_at } = (await browser.call('/v1/session')).body.accounts[0];
    expect(Date.parse(expires_at) - Date.now()).toBeLessThan(3_600_000);
    await age(browser, 'created_at', '90 days 1 second');
    await ended(browser, /after a while/);
  });

  test('when the key that it came from is revoked or expires', async () => {
    const { key } = await makeAccount(server);
    for (const [end, message] of [
      [{ method: 'DELETE' }, /revoked/],
      [{ method: 'PATCH', json: { expires_at: new Date(Date.now() - 1000).toISOString() } }, /after a while/],
    ] as const) {
      const made = await makeKey(withKey(key));
      const browser = await signedIn(server, made.key);
      expect((await browser.call('/v1/account')).status).toBe(200);
      await call(withKey(key), `/v1/keys/${made.id}`, end);
      await ended(browser, message);
    }
  });
});
