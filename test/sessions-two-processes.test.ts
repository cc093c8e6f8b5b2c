/** Sessions where several servers share one database: what one is told, all know. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeKey } from './support/accounts.ts';
import { call } from './support/api.ts';
import { type Browser, linkTo, openBrowser } from './support/browser.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { type SharedPostgres, startSharedPostgres } from './support/shared-postgres.ts';

let shared: SharedPostgres;
let one: TestServer;
let other: TestServer;
beforeAll(async () => {
  shared = await startSharedPostgres();
  // As behind a proxy: the browser knows one address.
  const env = { DATABASE_URL: shared.databaseUrl, DARKROOM_PUBLIC_URL: 'https://darkroom.example.com' };
  [one, other] = (await Promise.all([
    startTestServer(env, shared.dataDir),
    startTestServer(env, shared.dataDir),
  ])) as [TestServer, TestServer];
});
afterAll(async () => {
  await Promise.all([one, other].map((server) => server[Symbol.asyncDispose]()));
  await shared[Symbol.asyncDispose]();
});

const openHere = (server: TestServer): Browser => openBrowser(server, 'https://darkroom.example.com');
/** What `server` says to the cookies of `browser`. */
const statusAt = async (server: TestServer, browser: Browser): Promise<number> =>
  (await openHereWith(server, browser).call('/v1/account')).status;
function openHereWith(server: TestServer, { cookies }: Browser): Browser {
  const same = openHere(server);
  for (const [name, value] of cookies) same.cookies.set(name, value);
  return same;
}
/** Sooner than what is remembered would be looked up again: it was told. */
const AT_ONCE = { timeout: 2000, interval: 20 };

test('a session that one opened counts at the other, and ends there when its key is revoked or it is signed out', async () => {
  for (const end of ['revoke', 'sign out'] as const) {
    const { id, key } = await makeKey(one);
    const browser = openHere(one);
    await browser.signIn({ api_key: key });
    expect([await statusAt(one, browser), await statusAt(other, browser)]).toEqual([200, 200]);
    if (end === 'revoke') await call(one, `/v1/keys/${id}`, { method: 'DELETE' });
    else await openHereWith(one, browser).call('/v1/session?all=true', { method: 'DELETE' });
    expect(await statusAt(one, browser)).toBe(401);
    await expect.poll(() => statusAt(other, browser), AT_ONCE).toBe(401);
  }
});

test('a link that reaches both at once signs in once', async () => {
  const account = (await call(one, '/v1/account')).body.id;
  for (let round = 0; round < 5; round++) {
    const link = await linkTo(one, account);
    const answers = await Promise.all(
      [one, other, one, other].map((server) => openHere(server).signIn({ link })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  }
});
