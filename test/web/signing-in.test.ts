/** Signing in with a real browser, and what pages elsewhere can do to somebody who is. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeAccount } from '../support/accounts.ts';
import { call } from '../support/api.ts';
import { linkTo } from '../support/browser.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { launchBrowser } from '../support/web-app.ts';

let server: TestServer;
let browser: Browser;
let elsewhere: Server;
let account: Awaited<ReturnType<typeof makeAccount>>;
let context: BrowserContext;
let page: Page;
beforeAll(async () => {
  elsewhere = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<title>elsewhere</title><body>'),
  ).listen(0);
  [server, browser] = await Promise.all([startTestServer(), launchBrowser()]);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  elsewhere.close();
  await server?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await context?.close();
  context = await browser.newContext();
  page = await context.newPage();
  account = await makeAccount(server);
});

const linkUrl = async (): Promise<string> => `${server.url}/link#${await linkTo(server, account.accountId)}`;
/** Another site, and this site on another port: browsers send the second all cookies. */
const otherSite = () => `http://localhost:${(elsewhere.address() as AddressInfo).port}/`;
const otherPort = () => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
const isHome = (url: URL): boolean => url.origin === server.url && url.pathname === '/';
const sessionSeen = () =>
  page.evaluate(async () => {
    const { accounts } = (await (await fetch('/v1/session')).json()) as {
      accounts: { account: { id: string } }[];
    };
    return accounts.map((one) => one.account.id);
  });

describe('a link', () => {
  test('that is opened by itself signs in and leaves nothing of itself behind', async () => {
    const url = await linkUrl();
    const token = url.split('#')[1]!;
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${JSON.stringify(request.headers())}`));
    await page.goto(url);
    await page.waitForURL(isHome);
    expect(await sessionSeen()).toEqual([account.accountId]);
    const [cookie, ...others] = await context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', domain: '127.0.0.1' });
    expect(await page.evaluate(() => document.cookie)).toBe('');
    await page.goBack().catch(() => undefined);
    expect(page.url()).not.toContain(token);
    // Neither in an address nor in a Referer: only in the body that spends it.
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.filter((line) => line.includes(token) && !line.startsWith(url))).toEqual([]);
  });

  test('that a page elsewhere leads to asks first', async () => {
    await page.goto(otherSite());
    await page.evaluate(
      (url) => {
        const link = document.createElement('a');
        Object.assign(link, { href: url, textContent: 'a picture of a cat' });
        document.body.append(link);
      },
      await linkUrl(),
    );
    await page.getByText('a picture of a cat').click();
    const button = page.getByRole('button', { name: 'Sign in' });
    await button.waitFor();
    expect(await context.cookies()).toEqual([]);
    await button.click();
    await page.waitForURL(isHome);
    expect(await sessionSeen()).toEqual([account.accountId]);
  });

  test('that was used says so', async () => {
    const url = await linkUrl();
    await page.goto(url);
    await page.waitForURL(isHome);
    const again = await context.newPage();
    await again.goto(url);
    await again.getByText('This link has been used, or it has expired.').waitFor();
  });
});

describe('a page elsewhere', () => {
  beforeEach(async () => {
    await page.goto(await linkUrl());
    await page.waitForURL(isHome);
  });

  const keyNames = async (): Promise<string[]> =>
    (await call(account, '/v1/keys')).body.keys.map(({ name }: { name: string }) => name);

  test.each([
    ['of another site', otherSite],
    ['on another port of this machine', otherPort],
  ])('%s neither changes nor reads anything, whichever way it asks', async (_, address) => {
    await page.goto(address());
    const outcomes = await page.evaluate(
      async ([api, accountId]) => {
        const body = '{"name":"stolen"}';
        const json = { 'content-type': 'application/json' };
        const tries: [string, RequestInit][] = [
          ['/v1/keys', { method: 'POST', body, headers: { ...json, 'x-darkroom-account': accountId! } }],
          ['/v1/keys', { method: 'POST', body, headers: json }],
          ['/v1/keys', { method: 'POST', body, headers: { 'content-type': 'text/plain' }, mode: 'no-cors' }],
          ['/v1/session', { method: 'DELETE', headers: { 'x-darkroom-account': accountId! } }],
          ['/v1/session', {}],
          ['/v1/account', {}],
          ['/v1/account', { mode: 'no-cors' }],
        ];
        return Promise.all(
          tries.map(([path, options]) =>
            fetch(api + path, { credentials: 'include', ...options }).then(
              ({ type }) => type,
              () => 'forbidden',
            ),
          ),
        );
      },
      [server.url, account.accountId],
    );
    // `opaque`: an answer that no script can look into.
    expect(new Set(outcomes)).toEqual(new Set(['forbidden', 'opaque']));
    expect(await keyNames()).not.toContain('stolen');

    for (const path of ['/v1/keys', '/v1/files', '/v1/session']) {
      await page.goto(address());
      const answered = page.waitForResponse((response) => response.url() === server.url + path);
      await page.evaluate((action) => {
        const form = Object.assign(document.createElement('form'), {
          action,
          method: 'post',
          enctype: 'text/plain',
        });
        form.append(
          Object.assign(document.createElement('input'), { name: '{"name":"stolen","x":"', value: '"}' }),
        );
        document.body.append(form);
        form.submit();
      }, server.url + path);
      expect((await answered).status()).toBeGreaterThanOrEqual(400);
      await page.waitForURL(server.url + path);
    }
    expect(await keyNames()).not.toContain('stolen');

    await page.goto(`${server.url}/link`);
    expect(await sessionSeen()).toEqual([account.accountId]);
  });
});
