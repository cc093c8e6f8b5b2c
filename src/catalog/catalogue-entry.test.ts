import { beforeAll, expect, test } from 'vitest';
import { catalogueEntry } from './catalogue-entry.ts';
import { loadCatalog } from './load-catalog.ts';
import type { Catalog } from './model.ts';
import { categories, searchModels } from './search-models.ts';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await loadCatalog('models');
});

const options = { available: true, baseUrl: 'http://localhost:8080/', includeSchema: false };

test('an entry says what a model is, takes and costs', () => {
  expect(catalogueEntry(catalog.find('google/nano-banana-pro/edit')!, 'en', options)).toEqual({
    model_id: 'google/nano-banana/pro/edit',
    display_name: 'Nano Banana Pro Edit',
    description: expect.stringContaining('Nano Banana Pro'),
    categories: ['image-to-image', 'image-edit'],
    kind: 'image-to-image',
    base_price_usd: 0.134,
    price_unit: 'output',
    pricing_note: expect.stringContaining('0.24'),
    model_url: 'http://localhost:8080/v1/models/google/nano-banana/pro/edit',
    inputs: [
      'prompt',
      'image_urls',
      'aspect_ratio',
      'resolution',
      'output_format',
      'num_images',
      'sync_mode',
    ],
    required_inputs: ['prompt', 'image_urls'],
    available: true,
    aliases: ['google/nano-banana-pro/edit'],
  });
});

test('an entry speaks the language it is asked in', () => {
  const entry = catalogueEntry(catalog.find('google/nano-banana/pro/edit')!, 'zh-TW', {
    ...options,
    includeSchema: true,
  });
  expect(entry.description).toBe(
    '使用Nano Banana Pro將草圖轉化為精確的2K-4K視覺效果,智慧校正與無縫創意控制。',
  );
  expect(entry.input_schema?.title).toBe('輸入結構');
  expect(JSON.stringify(entry.output_schema)).toContain('單張圖片 URL');
});

test('the address of a model keeps the path that the server is reached below', () => {
  const entry = catalogueEntry(catalog.find('google/nano-banana-2/edit')!, 'en', {
    ...options,
    baseUrl: 'https://example.com/darkroom',
  });
  expect(entry.model_url).toBe('https://example.com/darkroom/v1/models/google/nano-banana-2/edit');
});

const ids = (filter: Parameters<typeof searchModels>[1]) => searchModels(catalog, filter).map(({ id }) => id);

test('a search finds the models in which all its words occur, in any language and case', () => {
  expect(ids({})).toEqual(catalog.models.map(({ id }) => id));
  expect(ids({ search: 'nano-banana-pro/edit' })).toEqual(['google/nano-banana/pro/edit']);
  expect(ids({ search: '草圖' })).toEqual(['google/nano-banana/pro/edit']);
  expect(ids({ search: 'schizzi' })).toEqual(['google/nano-banana/pro/edit']);
  expect(ids({ search: 'flux' })).toEqual([]);
});

test('a search lists first what is called so', () => {
  const pro = ['google/nano-banana/pro/edit', 'google/nano-banana/pro/text-to-image'];
  // Their descriptions speak of prompts.
  const others = catalog.models
    .map(({ id }) => id)
    .filter((id) => id.includes('banana') && !pro.includes(id));
  expect(ids({ search: 'BANANA pro' })).toEqual([...pro, ...others]);
});

test('category and kind narrow a search', () => {
  expect(ids({ kind: 'text-to-image' })).toEqual(
    catalog.models.filter(({ kind }) => kind === 'text-to-image').map(({ id }) => id),
  );
  expect(ids({ category: 'Image-Edit', search: 'schizzi' })).toEqual(['google/nano-banana/pro/edit']);
  expect(ids({ category: 'image-edit', kind: 'text-to-image' })).toEqual([]);
  expect(ids({ kind: 'nonsense' })).toEqual([]);
});

test('every category is listed once', () => {
  const all = catalog.models.flatMap((model) => model.categories);
  expect(categories(catalog)).toEqual([...new Set(all)].sort());
  expect(categories(catalog)).toEqual(
    expect.arrayContaining(['image-edit', 'image-to-image', 'text-to-image']),
  );
});
