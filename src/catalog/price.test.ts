import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { loadCatalog } from './load-catalog.ts';
import { localisedText } from './localise.ts';
import { type Catalog, LANGUAGES } from './model.ts';
import { estimate, priceOf } from './price.ts';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await loadCatalog('models');
});

test.each([
  ['google/nano-banana/text-to-image', {}, 33_600],
  ['google/nano-banana/edit', {}, 33_600],
  ['google/nano-banana-2/text-to-image', {}, 67_000],
  ['google/nano-banana-2/text-to-image', { resolution: '0.5K' }, 45_000],
  ['google/nano-banana-2/edit', { resolution: '2K' }, 101_000],
  ['google/nano-banana-2/edit', { resolution: '4K' }, 151_000],
  ['google/nano-banana/pro/edit', { resolution: '1K' }, 134_000],
  ['google/nano-banana/pro/text-to-image', { resolution: '2K' }, 134_000],
  ['google/nano-banana/pro/edit', { resolution: '4K' }, 240_000],
])('an output of %s with %j costs %i millionths of a dollar', (id, input, microUsd) => {
  expect(priceOf(catalog.find(id)!, input)).toBe(microUsd);
});

test('an estimate is the price of one output times the number asked for', () => {
  const model = catalog.find('google/nano-banana/pro/edit')!;
  expect(estimate(model, { num_images: 3, resolution: '4K' })).toEqual({
    outputs: 3,
    microUsd: 720_000,
    maxMicroUsd: 720_000,
  });
  expect(estimate(model, {})).toEqual({ outputs: 1, microUsd: 134_000, maxMicroUsd: 134_000 });
});

test('where rounds are not limited, four outputs of each may have to be paid for', () => {
  const model = catalog.find('google/nano-banana-2/text-to-image')!;
  expect(estimate(model, { num_images: 2, resolution: '1K', limit_generations: false })).toEqual({
    outputs: 2,
    microUsd: 134_000,
    maxMicroUsd: 536_000,
  });
});

test('the pricing note names every price, in every language', () => {
  for (const model of catalog.models) {
    const file = JSON.parse(readFileSync(`models/${model.id}/model.json`, 'utf8'));
    for (const language of LANGUAGES) {
      const note = localisedText(model.pricingNote, language).replaceAll(/(\d),(\d)/g, '$1.$2');
      for (const usd of Object.values<number>(file.prices_usd)) expect(note).toContain(String(usd));
    }
  }
});
