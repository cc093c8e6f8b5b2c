/** What holds for every page of the web app, the ones that are still to be written included. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { accessibilityProblems, rawKeys, readableText, sidewaysOverflow } from '../support/page-checks.ts';
import { DESKTOP, type PageOptions, PHONE, startWebApp } from '../support/web-app.ts';
import { webRoutes } from '../support/web-routes.ts';

const web = startWebApp();

/** Each language, each theme and each kind of screen once. */
const LOOKS: [string, PageOptions][] = [
  ['in English, light, on a desk', { language: 'en-US', theme: 'light', viewport: DESKTOP }],
  ['in Chinese, dark, on a phone', { language: 'zh-TW', theme: 'dark', viewport: PHONE }],
  ['in Italian, light, on a phone', { language: 'it-IT', theme: 'light', viewport: PHONE }],
];

test.each(LOOKS)('every page %s is readable by all, complete, and as wide as its window', async (_, look) => {
  await using opened = await web.open(look);
  // What the address names is another's, or gone.
  opened.allow(/status of 404/);
  const { page } = opened;
  const problems: string[] = [];
  for (const path of webRoutes()) {
    await page.goto(path);
    await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
    await loaded(page);
    const found = [
      ...(await accessibilityProblems(page)),
      ...rawKeys(await readableText(page)).map((key) => `shows the name of a text: ${key}`),
    ];
    const overflow = await sidewaysOverflow(page);
    if (overflow > 0) found.push(`is ${overflow} px wider than its window`);
    if ((await page.getAttribute('html', 'lang')) !== look.language!.replace(/-(?!TW).*/, ''))
      found.push('does not say which language it is in');
    problems.push(...found.map((problem) => `${path} ${problem}`));
  }
  expect(problems).toEqual([]);
});

test('the first page needs less than 150 kB of script, and does not jump while it comes', async () => {
  await using opened = await web.open({ path: '/sign-in', key: null });
  const { page } = opened;
  await page.getByRole('heading', { level: 1 }).waitFor();
  expect(await bytesOfScripts(page)).toBeLessThan(150_000);

  await using signedIn = await web.open();
  const { page: explore } = signedIn;
  await explore.addInitScript(() => {
    let jumped = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) jumped += (entry as PerformanceEntry & { value: number }).value;
      Object.assign(window, { jumped });
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await explore.reload();
  await explore.getByText('Nano Banana 2 Text to Image').first().waitFor();
  await loaded(explore);
  expect(await bytesOfScripts(explore)).toBeLessThan(150_000);
  // By web.dev's measure, 0.1 is good.
  expect(await explore.evaluate(() => (window as { jumped?: number }).jumped ?? 0)).toBeLessThan(0.02);
});

/** Nothing on it says any more that it is still coming. */
async function loaded(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.fonts.status === 'loaded' && !document.querySelector('[aria-busy=true]'),
  );
}

/** As they came over the wire. */
function bytesOfScripts(page: Page): Promise<number> {
  return page.evaluate(() =>
    (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name }) => name.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  );
}
