/** The playground: a model's form, what it would cost, what comes of it. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { makeAccount, makeKey } from '../support/accounts.ts';
import { call, EDIT, resultOf, submit, TEXT_TO_IMAGE } from '../support/api.ts';
import { accessibilityProblems, sidewaysOverflow } from '../support/page-checks.ts';
import { drawPicture } from '../support/pictures.ts';
import { submitEndless } from '../support/requests.ts';
import { PHONE, startWebApp } from '../support/web-app.ts';

const web = startWebApp();

/** All of the form in sight: nothing lies under the bar that stays at the foot of the window. */
const TALL = { width: 1280, height: 1900 };

const prompt = (page: Page) => page.getByRole('textbox', { name: /^Prompt/ });
const runButton = (page: Page) => page.getByRole('button', { name: /^Run/ });
const finished = (page: Page) =>
  page.locator('section', { hasText: 'Result' }).getByText('Completed').waitFor();
const requestOf = (page: Page): string => new URL(page.url()).searchParams.get('request') ?? '';
const listed = async (id: string) =>
  (await call(web.server, '/v1/requests?limit=100')).body.requests.find(
    ({ request_id }: { request_id: string }) => request_id === id,
  );

test('runs a model with what its form says, and shows it again to who opens the address', async () => {
  await using opened = await web.open({ path: `/models/${TEXT_TO_IMAGE}`, viewport: TALL });
  const { page } = opened;
  await page.getByText('$0.067').last().waitFor();
  await page.getByText('$0.151').waitFor();

  await page.getByRole('button', { name: 'Use the example' }).click();
  expect(await prompt(page).inputValue()).toContain('rainy Tokyo');
  await prompt(page).fill('A fox in the snow');
  await page.getByRole('button', { name: 'More: Number of Images' }).click();
  await page.getByRole('radio', { name: '16:9' }).check();
  await page.getByRole('radio', { name: /^0.5K/ }).check();
  await page.getByText('2 × $0.045').waitFor();
  await page.getByRole('button', { name: /More settings/ }).click();
  await page.getByRole('spinbutton').or(page.getByPlaceholder('Random')).last().fill('41');
  await page.getByRole('slider', { name: 'Safety Tolerance' }).focus();
  await page.keyboard.press('End');
  await page.getByRole('switch', { name: 'Enable Web Search' }).click();
  await page.getByText('3 changed').waitFor();
  await page.keyboard.press('Control+Enter');
  await finished(page);
  expect((await listed(requestOf(page))).input).toEqual({
    prompt: 'A fox in the snow',
    num_images: 2,
    seed: 41,
    aspect_ratio: '16:9',
    resolution: '0.5K',
    output_format: 'png',
    safety_tolerance: 6,
    limit_generations: true,
    enable_web_search: true,
  });

  // As somebody else of the account sees it, whose browser knows nothing of it.
  await page.evaluate(() => sessionStorage.clear());
  await page.reload();
  await finished(page);
  expect(await prompt(page).inputValue()).toBe('A fox in the snow');
  expect(await page.getByRole('radio', { name: '16:9' }).isChecked()).toBe(true);
  await page.getByText('2 × $0.045').waitFor();
  const download = page.getByRole('link', { name: /^Download/ }).last();
  expect(await download.getAttribute('download')).toBe('nano-banana-2-text-to-image-42.png');
  expect(await accessibilityProblems(page)).toEqual([]);

  await page.getByRole('button', { name: 'Look closely at output 1' }).click();
  const large = page.getByRole('dialog');
  await large.getByText('Output 1 of 2').waitFor();
  await page.keyboard.press('ArrowRight');
  await large.getByText('Output 2 of 2').waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.keyboard.press('ArrowRight');
  await large.getByText('Output 1 of 2').waitFor();
  await large.getByRole('button', { name: 'Actual size' }).click();
  await large.getByRole('button', { name: 'Fit the window' }).waitFor();
  await page.keyboard.press('Escape');

  // The same again is the second picture alone, to the byte.
  const [, second] = (await resultOf(web.server, requestOf(page))).files;
  const before = requestOf(page);
  await page.getByRole('button', { name: 'Same again, with seed 42' }).click();
  await page.getByText('1 output', { exact: true }).waitFor();
  await runButton(page).click();
  await page.waitForURL((url) => url.searchParams.get('request') !== before);
  await finished(page);
  expect((await resultOf(web.server, requestOf(page))).files[0].sha256).toBe(second.sha256);
});

test('takes pictures by file, paste, drop and address, in an order that is changed by keyboard', async () => {
  await using opened = await web.open({ path: `/models/${EDIT}`, viewport: TALL });
  const { page } = opened;
  const pictures = page.getByRole('button', { name: /^Picture \d of/ });
  const colours = ['#c33', '#3c3', '#33c'];
  const files = await Promise.all(
    colours.map(async (colour) =>
      (await drawPicture('png', { width: 64, height: 64, colour })).toString('base64'),
    ),
  );
  const fileChooser = page.locator('input[type=file]');
  await fileChooser.waitFor({ state: 'attached' });
  opened.allow(/status of 413/);
  await page.route('**/v1/files', (route) =>
    route.fulfill({ status: 413, json: { error_code: 413001, message: 'It is too large.' } }),
  );
  await fileChooser.setInputFiles([
    { name: 'red.png', mimeType: 'image/png', buffer: Buffer.from(files[0]!, 'base64') },
    { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') },
  ]);
  await page.getByText('Only pictures can be added').first().waitFor();
  await page.getByText('A picture did not get here').waitFor();
  expect(await runButton(page).isDisabled()).toBe(true);
  await page.unroute('**/v1/files');
  await page.getByRole('button', { name: 'Upload picture 1 again' }).click();
  await expect.poll(() => runButton(page).isDisabled()).toBe(false);
  for (const [index, kind] of ['paste', 'drop'].entries())
    await page.evaluate(
      ([base64, kind]) => {
        const bytes = Uint8Array.from(atob(base64!), (character) => character.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], `${kind}.png`, { type: 'image/png' }));
        const options = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(
          kind === 'paste'
            ? new ClipboardEvent('paste', { ...options, clipboardData: transfer })
            : new DragEvent('drop', { ...options, dataTransfer: transfer }),
        );
      },
      [files[index + 1], kind] as const,
    );
  const address = page.getByRole('textbox', { name: 'Address of a picture' });
  await address.fill('not an address');
  await address.press('Enter');
  await page.getByText('That is no address').waitFor();
  await address.fill('https://example.com/fourth.png');
  await address.press('Enter');
  await page.getByText('example.com', { exact: true }).waitFor();
  await expect.poll(() => pictures.count()).toBe(4);
  await expect.poll(() => page.getByRole('progressbar').count()).toBe(0);
  expect(await accessibilityProblems(page)).toEqual([]);

  // The last becomes the first; then it is removed, and focus stays among the pictures.
  await pictures.last().focus();
  await page.keyboard.press('Space');
  await page.getByText('Picture 4 of 4 is lifted.').waitFor({ state: 'attached' });
  for (const place of [3, 2, 1]) {
    await page.keyboard.press('ArrowLeft');
    await page.getByText(`It would be picture ${place} of 4.`).waitFor({ state: 'attached' });
  }
  await page.keyboard.press('Space');
  await expect.poll(() => pictures.first().getAttribute('title')).toBe('https://example.com/fourth.png');
  await page.getByRole('button', { name: 'Remove picture 1' }).click();
  await expect.poll(() => pictures.count()).toBe(3);
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Remove picture 1');

  await prompt(page).fill('Make it night');
  await runButton(page).click();
  await finished(page);
  const { input } = await listed(requestOf(page));
  const sent = await Promise.all(
    input.image_urls.map(async (url: string) =>
      Buffer.from(await (await fetch(url)).arrayBuffer()).toString('base64'),
    ),
  );
  expect(sent).toEqual(files);

  await page.getByRole('button', { name: 'Look closely at output 1' }).click();
  await page.getByRole('button', { name: 'Compare with the input' }).click();
  const line = page.getByRole('slider', { name: 'Compare with the input' });
  await line.press('ArrowRight');
  expect(await line.inputValue()).toBe('51');
  await page.keyboard.press('Escape');

  // On to another model with what came out.
  await page.getByRole('button', { name: /^Use as input/ }).click();
  await page.getByRole('menuitem', { name: 'Nano Banana Pro Edit' }).click();
  await page.waitForURL('**/models/google/nano-banana/pro/edit');
  const image = page.getByRole('img', { name: 'Picture 1 of 1' });
  expect(await image.getAttribute('title')).toBe(
    (await resultOf(web.server, (await call(web.server, '/v1/requests?limit=1')).body.requests[0].request_id))
      .output.image,
  );
});

test('says what is wrong beside the field, and what a failure means', async () => {
  await using opened = await web.open({ path: '/models/google/nano-banana/text-to-image', viewport: TALL });
  const { page } = opened;
  await prompt(page).waitFor();
  await runButton(page).click();
  await page.getByText('This is needed').waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
  expect(await prompt(page).getAttribute('aria-invalid')).toBe('true');
  await prompt(page).fill('🦊'.repeat(1001));
  await page.getByText('At most 1000 characters').waitFor();
  await page.getByText('1,001 / 1,000 characters').waitFor();
  await prompt(page).fill('A fox [[sandbox:blocked]]');
  await runButton(page).click();
  await page.getByText('The model refused this content').waitFor();
  await page.getByText('Say it in other words').waitFor();
  expect(await page.getByRole('button', { name: 'Run it again' }).count()).toBe(0);
  expect(await accessibilityProblems(page)).toEqual([]);

  // What only the server knows is told beside its field too.
  opened.allow(/status of 422/);
  await page.goto(`/models/${EDIT}`);
  await prompt(page).fill('Make it night');
  await page
    .getByRole('textbox', { name: 'Address of a picture' })
    .fill(`https://example.com/${'x'.repeat(5000)}`);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('1: must have at most 4096 characters').waitFor();
  await runButton(page).click();
  await page.getByRole('img', { name: /^Picture 1 of 1, example.com: must have at most/ }).waitFor();
  expect(requestOf(page)).toBe('');
});

test('keeps what is being written, and shows how a request waits until it is cancelled', async () => {
  const narrow = await makeAccount(web.server, { name: 'one at a time', maxRunning: 1 });
  await using opened = await web.open({ path: `/models/${TEXT_TO_IMAGE}`, key: narrow.key, viewport: PHONE });
  const { page } = opened;
  await prompt(page).fill('A lighthouse');
  await page.getByRole('link', { name: 'Explore' }).click();
  await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
  await page.goBack();
  expect(await prompt(page).inputValue()).toBe('A lighthouse');

  await submitEndless(narrow);
  await submit(narrow, { prompt: 'first' });
  await runButton(page).click();
  await page.getByText('1 ahead in the queue').last().waitFor();
  await page.waitForFunction(() => document.activeElement?.querySelector('h2')?.textContent === 'Result');
  expect(await sidewaysOverflow(page)).toBe(0);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('It never started, and cost nothing.').waitFor();
  expect((await resultOf(narrow, requestOf(page))).status).toBe('cancelled');

  // A request of another model leads there; one that is not there says so.
  opened.allow(/status of 404/);
  const request = requestOf(page);
  await page.goto(`/models/${EDIT}?request=${request}`);
  await page.waitForURL(`**/models/${TEXT_TO_IMAGE}?request=${request}`);
  await page.goto(`/models/${EDIT}?request=01890000-0000-7000-8000-000000000000`);
  await page.getByText('There is no such request').waitFor();
  await page.getByRole('button', { name: 'Start anew' }).click();
  await page.waitForURL(`**/models/${EDIT}`);
  // Nothing of the other model's came into this one's form.
  await page.getByText('Input', { exact: true }).first().click();
  expect(await prompt(page).inputValue()).toBe('');
});

test('gives a synchronous result as it comes, and says that it is not kept', async () => {
  await using opened = await web.open({ path: '/models/google/nano-banana/pro/edit' });
  const { page } = opened;
  await prompt(page).fill('Make it night');
  await page.getByRole('button', { name: 'Take an example picture' }).click();
  await page.getByText('1 of 20').waitFor();
  await page.getByRole('switch', { name: 'Sync Mode' }).click();
  await runButton(page).click();
  await page.getByText('these are in this tab alone').waitFor();
  expect(await page.getByRole('img', { name: 'Output 1 of 1' }).getAttribute('src')).toMatch(
    /^data:image\/png/,
  );
  await page.reload();
  await page.getByText('Its result was given already').waitFor();
});

describe('what stands in the way is said before:', () => {
  test('a budget, a backend, a key that may only read', async () => {
    const poor = await makeAccount(web.server, { name: 'poor', monthlyBudget: 100_000 });
    const reader = await makeKey(web.server, { scopes: ['read'] });
    await using opened = await web.open({ path: `/models/${TEXT_TO_IMAGE}`, key: poor.key });
    const { page } = opened;
    await prompt(page).fill('A fox');
    await page.getByRole('radio', { name: /^4K/ }).check();
    await page.getByText('This may cost $0.151, and $0.10 of the budget is left this month.').waitFor();
    expect(await runButton(page).isDisabled()).toBe(true);
    await page.getByRole('radio', { name: /^1K/ }).check();
    await expect.poll(() => runButton(page).isDisabled()).toBe(false);
    await page.goto('/models/comfyui/wan-2.2/text-to-video');
    await page.getByText('No backend that is set up can run this model.').first().waitFor();
    expect(await runButton(page).isDisabled()).toBe(true);

    await using reading = await web.open({ path: `/models/${TEXT_TO_IMAGE}`, key: reader.key });
    await reading.page.getByText('Your key may look, not run').waitFor();
    expect(await runButton(reading.page).count()).toBe(0);
  });
});
