/** The pages about calling the models, as a browser shows them: also one without JavaScript. */
import { expect, test } from 'vitest';
import { accessibilityProblems, sidewaysOverflow } from '../support/page-checks.ts';
import { DESKTOP, PHONE, startWebApp } from '../support/web-app.ts';

const web = startWebApp();
const PATH = '/docs/models/google/nano-banana-2/edit';

test.each([
  ['light', DESKTOP, 'en'],
  ['dark', PHONE, 'zh-TW'],
  ['dark', DESKTOP, 'it'],
] as const)(
  'in %s, %o and %s it is readable by all, and no wider than the window',
  async (theme, viewport, language) => {
    await using opened = await web.open({ path: PATH, key: null, theme, viewport, language });
    const { page } = opened;
    await page.locator('main h1').waitFor();
    for (const details of await page.locator('summary').all()) await details.click();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await sidewaysOverflow(page)).toBe(0);
  },
);

test('without JavaScript everything is there; with it, calls can be copied', async () => {
  const context = await web.browser.newContext({ javaScriptEnabled: false });
  const bare = await context.newPage();
  await bare.goto(web.server.url + PATH);
  await bare.getByRole('link', { name: 'Italiano' }).click();
  expect(await bare.getByRole('heading', { level: 1 }).innerText()).not.toBe('');
  expect(await bare.getByText('curl --request POST').first().isVisible()).toBe(true);
  expect(await bare.getByRole('button').count()).toBe(0);
  await context.close();

  await using opened = await web.open({ path: PATH, key: null, language: 'en' });
  await opened.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await opened.page.getByRole('button', { name: 'Copy' }).first().click();
  await opened.page.getByRole('button', { name: 'Copied' }).first().waitFor();
  const copied = await opened.page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`curl --request POST`);
  expect(copied).toContain(`${web.server.url}/v1/models/google/nano-banana-2/edit`);
});
