/** The frame that every page of the web app has: who may see it, its menus, how it looks and speaks. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { makeAccount } from '../support/accounts.ts';
import { call } from '../support/api.ts';
import { linkTo } from '../support/browser.ts';
import { accessibilityProblems } from '../support/page-checks.ts';
import { PHONE, signIn, startWebApp } from '../support/web-app.ts';

const web = startWebApp();

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
const pathOf = (page: Page): string => new URL(page.url()).pathname + new URL(page.url()).search;

describe('signing in', () => {
  test('is asked of who is not, and leads to the page that was asked for', async () => {
    await using opened = await web.open({ path: '/?kind=text-to-image', key: null });
    const { page } = opened;
    await heading(page, 'Welcome to Darkroom').waitFor();
    expect(await page.title()).toBe('Sign in · Darkroom');
    const field = page.getByLabel('API key or sign-in link');
    const button = page.getByRole('button', { name: 'Sign in', exact: true });

    await button.click();
    await page.getByText('Paste your API key or a sign-in link first.').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);

    opened.allow(/status of 401/);
    await field.fill('dk_wrong_0123456789abcdefghij');
    await button.click();
    await page.locator('[id$=-error]', { hasText: /key/i }).waitFor();
    expect(pathOf(page)).toMatch(/^\/sign-in/);

    await field.fill(` ${web.server.key} `);
    await field.press('Enter');
    await heading(page, 'Models').waitFor();
    expect(pathOf(page)).toBe('/?kind=text-to-image');
    await page.goBack().catch(() => undefined);
    expect(page.url()).not.toContain('/sign-in');
  });

  test('takes a link that works once as well, whole as it was printed', async () => {
    const account = await makeAccount(web.server, { name: 'by link' });
    const link = `${web.server.url}/link#${await linkTo(web.server, account.accountId)}`;
    await using opened = await web.open({ path: '/sign-in', key: null });
    const { page } = opened;
    await page.getByLabel('API key or sign-in link').fill(link);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading(page, 'Models').waitFor();
    await page.getByRole('button', { name: /by link/ }).waitFor();
  });

  test('never leads to another site', async () => {
    await using opened = await web.open({ path: '/sign-in?to=//example.com/', key: null });
    const { page } = opened;
    await page.getByLabel('API key or sign-in link').fill(web.server.key);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading(page, 'Models').waitFor();
    expect(pathOf(page)).toBe('/');
  });

  test('ends with signing out, in every tab', async () => {
    await using opened = await web.open({ path: '/usage' });
    const { page, context } = opened;
    const other = await context.newPage();
    await other.goto('/keys');
    await heading(other, 'API keys').waitFor();
    // Behind another tab, a page is drawn once a second.
    await page.bringToFront();
    await page.getByRole('button', { name: /Account and settings/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading(page, 'Welcome to Darkroom').waitFor();
    opened.allow(/status of 401/);
    await other.bringToFront();
    await other.getByRole('link', { name: 'Explore' }).click();
    await heading(other, 'Welcome to Darkroom').waitFor();
  });

  test('to a second account lets one choose between them, and shows each its own', async () => {
    const narrow = await makeAccount(web.server, { name: 'studio', monthlyBudget: 5_000_000 });
    await using opened = await web.open({ path: '/keys' });
    const { page, context } = opened;
    await page.getByRole('link', { name: 'System' }).waitFor();
    await signIn(context, web.server.url, narrow.key);
    await page.reload();
    await page.getByRole('button', { name: /Account and settings/ }).click();
    await page.getByRole('menuitemradio', { name: 'studio' }).click();
    await heading(page, 'Models').waitFor();
    await page.getByText('$5.00 left this month').waitFor();
    // The pages about the whole server are the operator's.
    expect(await page.getByRole('link', { name: 'System' }).count()).toBe(0);
    await page.reload();
    await page.getByText('$5.00 left this month').waitFor();
  });

  test('by a link lets its account act, and only one that is signed in', async () => {
    const { body: first } = await call(web.server, '/v1/account');
    const second = await makeAccount(web.server, { name: 'newest', monthlyBudget: 7_000_000 });
    await using opened = await web.open({ path: '/sign-in' });
    const { page, context } = opened;
    await signIn(context, web.server.url, second.key);
    await page.goto('/');
    await page.getByText('$7.00 left this month').waitFor();
    await page.goto(`/?account=${first.id}&kind=text-to-image`);
    await page.getByRole('link', { name: 'System' }).waitFor();
    expect(pathOf(page)).toBe('/?kind=text-to-image');
    await page.goto('/keys?account=01890000-0000-7000-8000-000000000000');
    await page.getByRole('link', { name: 'System' }).waitFor();
    expect(pathOf(page)).toBe('/keys');
  });
});

describe('the menu', () => {
  test('leads to every page, puts focus at its beginning, and tells which it is', async () => {
    await using opened = await web.open();
    const { page } = opened;
    for (const name of ['Generations', 'API keys', 'Webhooks', 'Usage', 'System', 'Explore']) {
      const link = page.getByRole('navigation').getByRole('link', { name });
      await link.click();
      await page.waitForFunction(() => document.activeElement?.id === 'content');
      await page.waitForFunction(
        (title) => document.title.startsWith(title),
        name === 'Explore' ? 'Models' : name,
      );
      expect(await link.getAttribute('aria-current')).toBe('page');
      expect(await page.getByRole('navigation').locator('[aria-current=page]').count()).toBe(1);
    }
  });

  test('leads on from a first page whose script is long in coming', async () => {
    await using opened = await web.open({ path: '/sign-in' });
    const { page } = opened;
    const here = Promise.withResolvers<void>();
    let held = false;
    await page.route(/\/assets\/page-[^/]+\.js$/, async (route) => {
      if (!held) {
        held = true;
        await here.promise;
      }
      await route.continue();
    });
    await page.goto('/');
    await page.getByRole('navigation').getByRole('link', { name: 'Generations' }).click();
    await heading(page, 'Generations').waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'content');
    expect(held).toBe(true);
    here.resolve();
  });

  test('can be passed over by keyboard, and the account’s opened, used and closed by it', async () => {
    await using opened = await web.open();
    const { page } = opened;
    await heading(page, 'Models').waitFor();
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to content' });
    expect(await skip.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'content');

    const account = page.getByRole('button', { name: /Account and settings/ });
    await account.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('menuitemradio', { name: 'Dark' }).press('Enter');
    await page.locator('html[data-theme=dark]').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await expect.poll(() => account.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await page.evaluate(() => scrollY)).toBe(0);
  });

  test('on a phone is at its foot, with the rest behind More', async () => {
    await using opened = await web.open({ viewport: PHONE });
    const { page } = opened;
    await page.getByRole('link', { name: 'Usage' }).click();
    await heading(page, 'Usage').waitFor();
    await page.getByRole('button', { name: 'More' }).click();
    const sheet = page.getByRole('dialog', { name: 'Main menu' });
    await sheet.getByRole('link', { name: 'Webhooks' }).click();
    await sheet.waitFor({ state: 'detached' });
    await heading(page, 'Webhooks').waitFor();
  });
});

describe('what was chosen', () => {
  test('is kept: the theme and the language, from the first paint on', async () => {
    await using opened = await web.open({ theme: 'light' });
    const { page } = opened;
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: /Account and settings/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    await expect.poll(ground).not.toBe(light);
    await page.getByRole('menuitemradio', { name: 'Italiano' }).click();
    await heading(page, 'Modelli').waitFor();
    expect(await page.getAttribute('html', 'lang')).toBe('it');

    const html = await (await page.reload())!.text();
    expect(html).toContain('<html lang="it" data-theme="dark">');
    await heading(page, 'Modelli').waitFor();
    await page.getByRole('listitem').getByText('Da testo a immagine').first().waitFor();
    await page.getByRole('button', { name: /Account e impostazioni/ }).click();
    await page.getByRole('menuitemradio', { name: 'Sistema' }).click();
    await expect.poll(ground).toBe(light);
  });
});

describe('when the server does not answer', () => {
  test('the page says so, and goes on when it does again', async () => {
    await using opened = await web.open({ path: '/keys' });
    const { page } = opened;
    await heading(page, 'API keys').waitFor();
    opened.allow(/ERR_CONNECTION_REFUSED/);
    await page.route('**/v1/models?*', (route) => route.abort('connectionrefused'));
    await page.getByRole('link', { name: 'Explore' }).click();
    await page.getByText('The server does not answer.').waitFor();
    await page.unroute('**/v1/models?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Nano Banana 2 Text to Image').waitFor();
  });

  test('and the session cannot be asked for, it says so as well', async () => {
    await using opened = await web.open({ path: '/sign-in', key: null });
    const { page } = opened;
    opened.allow(/ERR_CONNECTION_REFUSED|ConnectionError/);
    await page.route('**/v1/session', (route) => route.abort('connectionrefused'));
    await page.goto('/');
    await page.getByRole('alert').getByText('The server does not answer.').waitFor();
    await page.unroute('**/v1/session');
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading(page, 'Welcome to Darkroom').waitFor();
  });
});

test('an address that nothing is at says so', async () => {
  await using opened = await web.open({ path: '/nowhere' });
  opened.allow(/status of 404/);
  await opened.page.getByText('There is nothing here').first().waitFor();
  await opened.page.getByRole('link', { name: 'Back to all models' }).click();
  await heading(opened.page, 'Models').waitFor();
});
