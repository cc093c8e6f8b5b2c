/** Explore: all models, and finding one. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ROOT } from '../support/command.ts';
import { temporaryFolder } from '../support/server.ts';
import { PHONE, startWebApp } from '../support/web-app.ts';

/** A model of the operator's own, which has no picture. */
const modelsDir = await temporaryFolder();
await mkdir(join(modelsDir, 'studio/sketch'), { recursive: true });
const original = join(ROOT, 'models/google/nano-banana/text-to-image');
await cp(original, join(modelsDir, 'studio/sketch'), { recursive: true });
await writeFile(
  join(modelsDir, 'studio/sketch/model.json'),
  JSON.stringify({
    ...JSON.parse(await readFile(join(original, 'model.json'), 'utf8')),
    id: 'studio/sketch',
    aliases: [],
    display_name: 'Studio Sketch',
    prices_usd: { default: 0 },
  }),
);
const web = startWebApp({ DARKROOM_MODELS_DIR: modelsDir });

const cards = (page: Page) => page.locator('main li');
const names = async (page: Page): Promise<string[]> =>
  (await page.locator('main li h2').allTextContents()).sort();
const pathOf = (page: Page): string =>
  decodeURIComponent(new URL(page.url()).pathname + new URL(page.url()).search);
const counts = (page: Page, text: string) =>
  page
    .getByRole('status')
    .and(page.getByText(text, { exact: true }))
    .waitFor();

test('shows every model with its name, id, kind and price, and a picture that is ours', async () => {
  await using opened = await web.open();
  const { page } = opened;
  await counts(page, '12 models');
  const card = cards(page).filter({ hasText: 'google/nano-banana-2/text-to-image' });
  const text = await card.innerText();
  expect(text).toContain('Nano Banana 2 Text to Image');
  expect(text).toContain('Text to image');
  expect(text).toContain('$0.067 / image');
  await card.scrollIntoViewIfNeeded();
  await expect
    .poll(() => card.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBe(640);
  const own = cards(page).filter({ hasText: 'studio/sketch' });
  expect(await own.locator('img').count()).toBe(0);
  expect(await own.locator('svg[viewBox="0 0 320 200"]').count()).toBe(1);
  expect(await own.innerText()).toContain('Free');
  // What cannot run says so, and comes last.
  expect(await cards(page).last().innerText()).toContain('Needs a backend');

  await card.getByRole('link').click();
  await page.waitForURL('**/models/google/nano-banana-2/text-to-image');
});

test('is searched as one types, by words in any order; the address keeps it', async () => {
  await using opened = await web.open();
  const { page } = opened;
  await counts(page, '12 models');
  await page.keyboard.press('/');
  await page.keyboard.type('EDIT nano-banana/pro');
  await counts(page, '1 model');
  expect(await names(page)).toEqual(['Nano Banana Pro Edit']);
  await expect.poll(() => pathOf(page)).toBe('/?q=EDIT+nano-banana/pro');
  await page.reload();
  await counts(page, '1 model');
  expect(await page.getByRole('searchbox').inputValue()).toBe('EDIT nano-banana/pro');

  // What is called so comes before what only speaks of it.
  await page.getByRole('searchbox').fill('pro edit');
  await expect.poll(async () => (await names(page)).length).toBeGreaterThan(1);
  expect(await page.locator('main li h2').first().textContent()).toBe('Nano Banana Pro Edit');

  await page.getByRole('searchbox').fill('no such model');
  await page.getByText('No model fits').waitFor();
  await page.getByRole('button', { name: 'Clear search and filters' }).click();
  await counts(page, '12 models');
  expect(pathOf(page)).toBe('/');
  await page.getByRole('searchbox').fill('qwen');
  await counts(page, '1 model');
  await page.keyboard.press('Escape');
  await counts(page, '12 models');
});

test('is narrowed by kind, category, price and what can run, all at once', async () => {
  await using opened = await web.open({ viewport: PHONE });
  const { page } = opened;
  await counts(page, '12 models');
  await page.getByLabel('Kind').selectOption({ label: 'Image editing' });
  await counts(page, '5 models');
  await page.getByLabel('Price').selectOption({ label: '$0.05 to $0.10' });
  await counts(page, '2 models');
  expect(await names(page)).toEqual(['GPT Image 2 Edit', 'Nano Banana 2 Edit']);
  expect(pathOf(page)).toBe('/?kind=image-to-image&price=medium');
  await page.getByLabel('Price').selectOption('');
  await page.getByLabel('Kind').selectOption('');
  await page.getByLabel('Category').selectOption('text-to-video');
  await counts(page, '1 model');
  await page.getByText('Ready to run').click();
  await page.getByText('No model fits').waitFor();
});

test('understands an address somebody wrote by hand, and leaves out what it does not', async () => {
  await using opened = await web.open({ path: '/?price=free&available=true&kind=&color=red' });
  const { page } = opened;
  await counts(page, '3 models');
  expect(await names(page)).toEqual(['Qwen Image Edit', 'Studio Sketch', 'Z-Image Turbo Text to Image']);
  expect(await page.getByLabel('Ready to run').isChecked()).toBe(true);
  await page.goto('/?price=cheap&q=2024');
  await page.getByText('No model fits').waitFor();
  expect(await page.getByLabel('Price').inputValue()).toBe('');
});

test('speaks the reader’s language, prices included', async () => {
  await using opened = await web.open({ language: 'zh-TW' });
  const { page } = opened;
  await counts(page, '12 個模型');
  await page.getByText('US$0.067 / 張').first().waitFor();
  await page.getByText('文字轉圖像').nth(1).waitFor();
  expect(
    await page.getByRole('listitem').filter({ hasText: 'google/nano-banana-2/edit' }).innerText(),
  ).toMatch(/[一-鿿]{8}/);
});
