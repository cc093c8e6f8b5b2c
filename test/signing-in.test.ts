/** Signing in to the web app: by key and by link, what the cookie is like, and what stops those who guess. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey, rowsOf } from './support/accounts.ts';
import { type Answer, call } from './support/api.ts';
import { linkTo, openBrowser, signedIn } from './support/browser.ts';
import { darkroom } from './support/command.ts';
import { TIME, UUID } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  // So that a test can come from an address of its own.
  server = await startTestServer({
    DARKROOM_TRUSTED_PROXIES: '127.0.0.1, ::1',
    DARKROOM_SHUTDOWN_GRACE: '0',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const codeOf = ({ status, body }: Answer) => [status, body.error_code];
const from = (address: string) => ({ 'x-forwarded-for': address });
const accountOf = async (key: string): Promise<string> =>
  (await call({ ...server, key }, '/v1/account')).body.id;

describe('an API key', () => {
  test('opens a session, which says who is signed in and what is left to spend', async () => {
    const { accountId, key } = await makeAccount(server, { name: 'studio', monthlyBudget: 5_000_000 });
    const narrow = await makeKey(
      { ...server, key },
      { name: 'mine', scopes: ['generate'], monthly_budget_usd: 2 },
    );
    const browser = openBrowser(server);
    expect((await browser.call('/v1/session')).body).toEqual({ accounts: [] });
    const answer = await browser.signIn({ api_key: narrow.key });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      accounts: [
        {
          account: { id: accountId, name: 'studio', operator: false },
          key: { id: narrow.id, name: 'mine', scopes: ['generate'] },
          signed_in_by: 'api_key',
          budget: { key_remaining_usd: 2, account_remaining_usd: 5, remaining_usd: 2 },
          created_at: expect.stringMatching(TIME),
          expires_at: expect.stringMatching(TIME),
        },
      ],
    });
    expect((await browser.call('/v1/session')).body).toEqual(answer.body);
    const days = (Date.parse(answer.body.accounts[0].expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(14, 1);
  });

  test.each([
    ['unknown', () => 'dk_0000000000000000000000000000000000000000', /not known/],
    ['no key at all', () => 'två nycklar', /not known/],
    [
      'revoked',
      async () => {
        const { id, key } = await makeKey(server);
        await call(server, `/v1/keys/${id}`, { method: 'DELETE' });
        return key;
      },
      /revoked/,
    ],
    ['expired', async () => (await makeKey(server, { expires_at: '2020-01-01T00:00:00Z' })).key, /expired/],
  ])('that is %s opens none', async (_, keyOf, message) => {
    const browser = openBrowser(server);
    const answer = await browser.signIn({ api_key: await keyOf() }, from('192.0.2.1'));
    expect(codeOf(answer)).toEqual([401, 400004]);
    expect(answer.body.message).toMatch(message);
    expect(browser.cookies.size).toBe(0);
  });

  test.each([
    [{}, 'body'],
    [{ api_key: 'x', link: 'y' }, 'body'],
    [{ api_key: 7 }, 'body.api_key'],
    [{ api_key: '' }, 'body.api_key'],
    [{ link: 'x'.repeat(600) }, 'body.link'],
    [{ api_key: 'x', password: 'y' }, 'body.password'],
  ])('or a link has to be in the body, alone: %j', async (body, field) => {
    const answer = await openBrowser(server).signIn(body as never);
    expect(codeOf(answer)).toEqual([422, 422001]);
    expect(answer.body.detail.map(({ loc }: { loc: string[] }) => loc.join('.'))).toContain(field);
  });
});

describe('the cookie', () => {
  test('is kept from scripts, other sites and other hosts, and only its hash is stored', async () => {
    const browser = await signedIn(server, server.key);
    const [[name, token]] = [...browser.cookies] as [[string, string]];
    const { port } = new URL(server.url);
    expect(name).toBe(`darkroom-${port}-${browser.account}`);
    expect(token).toMatch(/^[0-9a-z]{52}$/);
    expect(browser.attributes.get(name)).toEqual({
      name,
      value: token,
      httpOnly: true,
      sameSite: 'strict',
      path: '/',
      maxAge: 90 * 86_400,
    });
    const stored = await rowsOf(server, 'select s::text as row from sessions s');
    expect(stored.length).toBeGreaterThan(0);
    expect(JSON.stringify(stored)).not.toContain(token);
  });

  test('is for this host and https alone where the public address is', async () => {
    await using secure = await startTestServer({ DARKROOM_PUBLIC_URL: 'https://darkroom.example.com' });
    const browser = openBrowser(secure, 'https://darkroom.example.com');
    expect((await browser.signIn({ api_key: secure.key })).status).toBe(201);
    const [set] = [...browser.attributes.values()];
    expect(set).toMatchObject({ secure: true, httpOnly: true, sameSite: 'strict', path: '/' });
    expect(set).not.toHaveProperty('domain');
    expect(set!.name).toMatch(/^__Host-darkroom-[0-9a-f-]{36}$/);
    expect((await browser.call('/v1/account')).status).toBe(200);
    // The address that it is reached at is none of the app's.
    expect((await openBrowser(secure).signIn({ api_key: secure.key })).status).toBe(403);
  });

  test('of before makes way when the same account signs in again', async () => {
    const browser = await signedIn(server, server.key);
    const first = new Map(browser.cookies);
    await browser.signIn({ api_key: server.key });
    expect([...browser.cookies.keys()]).toEqual([...first.keys()]);
    expect([...browser.cookies.values()]).not.toEqual([...first.values()]);
    expect((await browser.call('/v1/account')).status).toBe(200);
    const headers = { cookie: [...first].map((pair) => pair.join('=')).join() };
    expect((await call(server, '/v1/account', { key: null, headers })).status).toBe(401);
  });
});

describe('a sign-in link', () => {
  test('signs in once, whoever comes with it at the same moment', async () => {
    const { accountId } = await makeAccount(server);
    const link = await linkTo(server, accountId);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => openBrowser(server).signIn({ link }, from(`198.51.100.${n}`))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
    const keys = await rowsOf(server, 'select id from keys where account_id = $1 and for_links', [accountId]);
    expect(keys).toHaveLength(1);
  });

  test('makes the browser admin of its account, by a key that all of its links share', async () => {
    const { accountId, key } = await makeAccount(server, { name: 'linked' });
    const links = [await linkTo(server, accountId), await linkTo(server, accountId)];
    const entries = await Promise.all(
      links.map(async (link) => (await openBrowser(server).signIn({ link })).body.accounts[0]),
    );
    expect(entries[0]).toMatchObject({
      account: { id: accountId, name: 'linked' },
      key: { id: expect.stringMatching(UUID), name: 'Web app (link)', scopes: ['admin'] },
      signed_in_by: 'link',
    });
    expect(entries[1].key).toEqual(entries[0].key);
    // It is among the account's keys, so it can be limited and revoked, which ends its sessions.
    const { keys } = (await call({ ...server, key }, '/v1/keys')).body;
    expect(keys).toContainEqual(expect.objectContaining({ id: entries[0].key.id, hint: 'link' }));
  });

  test('after the key of links was revoked or has expired gets another', async () => {
    const { accountId, key } = await makeAccount(server);
    const admin = { ...server, key };
    const seen = new Set<string>();
    for (const end of [
      { method: 'DELETE' },
      { method: 'PATCH', json: { expires_at: '2020-01-01T00:00:00Z' } },
      {},
    ]) {
      const browser = openBrowser(server);
      const { body } = await browser.signIn({ link: await linkTo(server, accountId) });
      const { id } = body.accounts[0].key;
      seen.add(id);
      expect((await browser.call('/v1/account')).status).toBe(200);
      if (!end.method) continue;
      await call(admin, `/v1/keys/${id}`, end);
      expect((await browser.call('/v1/account')).status).toBe(401);
    }
    expect(seen.size).toBe(3);
  });

  test('that has expired signs nobody in, and only its hash was stored', async () => {
    const { accountId } = await makeAccount(server);
    const link = await linkTo(server, accountId);
    const stored = await rowsOf(server, 'select l::text as row from sign_in_links l where account_id = $1', [
      accountId,
    ]);
    expect(stored).toHaveLength(1);
    expect(JSON.stringify(stored)).not.toContain(link);
    await rowsOf(server, 'update sign_in_links set expires_at = now() where account_id = $1', [accountId]);
    const answer = await openBrowser(server).signIn({ link }, from('192.0.2.2'));
    expect(codeOf(answer)).toEqual([401, 400004]);
    expect(answer.body.message).toMatch(/used.*expired/);
  });

  test('is printed by the command line, to the operator or to the account that is named', async () => {
    const { accountId } = await makeAccount(server, { name: 'by command' });
    const operator = await accountOf(server.key);
    const link = (...parameters: string[]) =>
      darkroom(['link', ...parameters], { env: { DARKROOM_DATA_DIR: server.dataDir, PORT: '8123' } });
    for (const [parameters, address, account] of [
      [[], 'http://localhost:8123', operator],
      [['by command', '--address', 'https://example.com/'], 'https://example.com', accountId],
    ] as const) {
      const { code, stdout } = await link(...parameters);
      expect(code).toBe(0);
      const [, base, token] = /^(\S+)\/link#([0-9a-z]{52})\n$/.exec(stdout)!;
      expect(base).toBe(address);
      const { body } = await openBrowser(server).signIn({ link: token! });
      expect(body.accounts[0].account.id).toBe(account);
    }
    expect(await link('nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no account nobody/),
    });
  });

  test('leads to a page that uses nothing up, and that no other page can show', async () => {
    const { accountId } = await makeAccount(server);
    const link = await linkTo(server, accountId);
    // Who previews links sees no more of it than this.
    for (const method of ['GET', 'HEAD', 'GET']) {
      const { status, headers, body } = await call(server, '/link', { key: null, method });
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.getSetCookie()).toEqual([]);
      expect(body).not.toContain('data-at-once="true"');
    }
    expect((await openBrowser(server).signIn({ link })).status).toBe(201);
    // Only who opened it by themselves is not asked first.
    const typed = await call(server, '/link', { key: null, headers: { 'sec-fetch-site': 'none' } });
    expect(typed.body).toContain('data-at-once="true"');
    const italian = await call(server, '/link', { key: null, headers: { 'accept-language': 'it' } });
    expect(italian.body).toContain('Accedi a Darkroom');
  });
});

describe('whoever guesses', () => {
  const wrong = { api_key: 'dk_0000000000000000000000000000000000000001' };

  test('is stopped after ten failures a minute, even with the right key, and nobody else is', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 25 }, () => openBrowser(server).signIn(wrong, from('203.0.113.1'))),
    );
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    const refused = guesses.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(15);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(codeOf(refused[0]!)).toEqual([429, 429001]);
    const right = { api_key: server.key };
    expect((await openBrowser(server).signIn(right, from('203.0.113.1'))).status).toBe(429);
    expect((await openBrowser(server).signIn(right, from('203.0.113.2'))).status).toBe(201);
    // Signing in is limited, working is not.
    const headers = from('203.0.113.1');
    expect((await call(server, '/v1/account', { headers })).status).toBe(200);
  });

  test('from a block of IPv6 addresses is one', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 15 }, (_, n) => openBrowser(server).signIn(wrong, from(`2001:db8:1:2::${n + 1}`))),
    );
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    expect((await openBrowser(server).signIn(wrong, from('2001:db8:1:3::1'))).status).toBe(401);
  });

  test('cannot be anybody by a header, where no proxy is trusted', async () => {
    await using alone = await startTestServer();
    const guesses = await Promise.all(
      Array.from({ length: 15 }, (_, n) => openBrowser(alone).signIn(wrong, from(`203.0.113.${n}`))),
    );
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(5);
  });

  test('is not who signs in as they should, however often', async () => {
    for (let n = 0; n < 15; n++)
      expect((await openBrowser(server).signIn({ api_key: server.key }, from('203.0.113.9'))).status).toBe(
        201,
      );
    const account = await accountOf(server.key);
    const used = await linkTo(server, account);
    await openBrowser(server).signIn({ link: used });
    const links = await Promise.all(
      Array.from({ length: 12 }, () => openBrowser(server).signIn({ link: used }, from('203.0.113.8'))),
    );
    expect(links.filter(({ status }) => status === 429)).toHaveLength(2);
  });
});
