/** Keys, usage, generations, webhooks and the system, as who uses them does. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { makeAccount, makeKey } from '../support/accounts.ts';
import { call, resultOf, submit } from '../support/api.ts';
import { accessibilityProblems, rawKeys, readableText, sidewaysOverflow } from '../support/page-checks.ts';
import { submitEndless } from '../support/requests.ts';
import { PHONE, startWebApp } from '../support/web-app.ts';

const web = startWebApp();
const SMALL = { resolution: '0.5K' };

const settled = async (page: Page): Promise<void> => {
  await page.locator('main h1').waitFor();
  await page.waitForLoadState('networkidle');
};

test('a key is made, shown once, works, and is revoked', async () => {
  await using opened = await web.open({ path: '/keys' });
  const { page } = opened;
  await page.getByRole('button', { name: 'New key' }).click();
  const form = page.getByRole('dialog');
  await form.getByRole('button', { name: 'Make key' }).click();
  // The server's own words, at the field.
  await form.getByRole('textbox', { name: 'Name' }).and(page.locator('[aria-invalid="true"]')).waitFor();
  opened.allow(/422/);
  await form.getByRole('textbox', { name: 'Name' }).fill('a program');
  await form.getByRole('radio', { name: 'Read only' }).check();
  await form.getByRole('spinbutton', { name: 'Monthly budget in USD' }).fill('12.5');
  await form.getByRole('button', { name: 'Make key' }).click();
  const secret = await page.locator('[data-secret]').innerText();
  expect(secret).toMatch(/^dk_/);
  const caller = { url: web.server.url, key: secret };
  expect((await call(caller, '/v1/models')).status).toBe(200);
  expect((await call(caller, '/v1/account')).body.key).toMatchObject({
    scopes: ['read'],
    monthly_budget_usd: 12.5,
  });
  await page.getByRole('button', { name: 'I have kept it' }).click();
  expect(await page.getByText(secret).count()).toBe(0);

  await page.getByRole('button', { name: 'Actions: a program' }).click();
  await page.getByRole('menuitem', { name: 'Revoke' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('row', { name: /a program/ }).waitFor({ state: 'detached' });
  expect((await call(caller, '/v1/models')).status).toBe(401);
  await page.getByRole('switch').check();
  await page.getByRole('row', { name: /a program.*Revoked/ }).waitFor();
});

test('what was run is found again, as a grid and a list, narrowed, opened, run again and deleted', async () => {
  const done = await submit(web.server, { prompt: 'a red lighthouse', ...SMALL });
  await resultOf(web.server, done);
  const failed = await submit(web.server, { prompt: 'a bad idea [[sandbox:blocked]]', ...SMALL });
  await resultOf(web.server, failed);
  await using opened = await web.open({ path: '/generations' });
  const { page } = opened;
  await page.getByRole('link', { name: 'a red lighthouse' }).waitFor();
  await page.getByRole('combobox', { name: 'State' }).selectOption('failed');
  await page.getByRole('link', { name: 'a red lighthouse' }).waitFor({ state: 'detached' });
  await page.getByRole('radio', { name: 'List' }).check();
  expect(new URL(page.url()).search).toBe('?status=failed&view=list');
  await page.reload();
  await page
    .getByRole('row', { name: /a bad idea/ })
    .getByText('Failed')
    .waitFor();
  await page.getByRole('combobox', { name: 'State' }).selectOption('');
  await page.getByRole('link', { name: 'a red lighthouse' }).click();
  await page.getByRole('img', { name: 'Output 1' }).waitFor();
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.waitForURL((url) => !url.pathname.endsWith(done));
  await page.getByRole('img', { name: 'Output 1' }).waitFor();
  const again = new URL(page.url()).pathname.split('/').at(-1)!;
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL('**/generations');
  expect((await call(web.server, `/v1/requests/${again}`)).status).toBe(404);
});

test('a request that waits is cancelled', async () => {
  const account = await makeAccount(web.server, { maxRunning: 1 });
  await submitEndless(account);
  const waiting = await submit(account, { prompt: 'never begun' });
  await using opened = await web.open({ path: `/generations/${waiting}`, key: account.key });
  await opened.page.getByRole('button', { name: 'Cancel request' }).click();
  await opened.page.locator('header').getByText('Cancelled').waitFor();
  expect((await call(account, `/v1/requests/${waiting}/status`)).body.status).toBe('cancelled');
});

test('usage is summed up, narrowed by its address, and saved as a file', async () => {
  const account = await makeAccount(web.server);
  for (const prompt of ['one', 'two']) await resultOf(account, await submit(account, { prompt, ...SMALL }));
  await using opened = await web.open({ path: '/usage?by=model', key: account.key });
  const { page } = opened;
  const row = page.getByRole('row', { name: /google\/nano-banana-2\/text-to-image/ });
  await row.waitFor();
  expect(await row.innerText()).toMatch(/\$0\.09\s+2\s+2\s+2\s+0\s+0/);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe(
    'model_id,requests,completed,failed,cancelled,outputs,cost_usd\r\ngoogle/nano-banana-2/text-to-image,2,2,0,0,2,0.09\r\n',
  );
});

test('a webhook is added with its secret, tried, and what was sent is listed', async () => {
  await using opened = await web.open({ path: '/webhooks' });
  const { page } = opened;
  await page.getByRole('button', { name: 'New webhook' }).click();
  await page.getByRole('textbox', { name: 'Address' }).fill('https://receiver.invalid/hook');
  await page.getByRole('button', { name: 'Save' }).click();
  expect(await page.locator('[data-secret]').innerText()).toMatch(/^whsec_/);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByRole('row', { name: /webhook\.test/ }).waitFor();
});

test('the operator sees the whole server and sets limits; others see neither, nor what their key may not do', async () => {
  await makeAccount(web.server, { name: 'studio' });
  {
    await using opened = await web.open({ path: '/system' });
    const { page } = opened;
    await page.getByRole('heading', { name: 'Backends' }).waitFor();
    await page.getByRole('button', { name: 'Change studio' }).click();
    await page.getByRole('spinbutton', { name: 'Monthly budget in USD' }).fill('7');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /studio.*of \$7\.00/ }).waitFor();
  }
  const reader = await makeKey(web.server, { scopes: ['read'] });
  await using opened = await web.open({ path: '/generations', key: reader.key });
  await settled(opened.page);
  const menu = opened.page.getByRole('navigation', { name: 'Main menu' }).first();
  expect(await menu.getByRole('link', { name: 'Generations' }).count()).toBe(1);
  for (const name of ['API keys', 'Webhooks', 'System'])
    expect(await menu.getByRole('link', { name }).count()).toBe(0);
});

// The languages with the longest and the shortest words; that each text is there in all of them is for their types to say.
test.each([
  ['zh-TW', 'light'],
  ['it', 'dark'],
] as const)(
  'in %s and %s every one of them is readable by all, with no name of a text, on a phone too',
  async (language, theme) => {
    const { body } = await call(web.server, '/v1/requests?status=completed&limit=1');
    const paths = [
      '/keys',
      '/usage',
      '/generations',
      '/generations?view=list',
      '/webhooks',
      '/system',
      `/generations/${body.requests[0].request_id}`,
    ];
    await using opened = await web.open({ path: '/', language, theme, viewport: PHONE });
    const { page } = opened;
    for (const path of paths) {
      await page.goto(path);
      await settled(page);
      expect([path, await accessibilityProblems(page)]).toEqual([path, []]);
      expect([path, await sidewaysOverflow(page)]).toEqual([path, 0]);
      expect([path, rawKeys(await readableText(page))]).toEqual([path, []]);
    }
  },
);
