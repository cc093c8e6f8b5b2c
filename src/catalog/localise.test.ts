import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { loadCatalog } from './load-catalog.ts';
import { localisedInputSchema, localisedText, outputSchema } from './localise.ts';
import { type Catalog, type InputSchema, LANGUAGES, type Language, type Model } from './model.ts';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await loadCatalog('models');
});

const textToImage = 'google/nano-banana-2/text-to-image';

function page(name: string): { input: InputSchema; output: unknown } {
  return JSON.parse(readFileSync(new URL(`../../test/fixtures/seeds/${name}.json`, import.meta.url), 'utf8'));
}

/** To the character: names, order, types, bounds and texts. */
function expectSame(actual: unknown, expected: unknown): void {
  expect(JSON.stringify(actual, null, 1)).toBe(JSON.stringify(expected, null, 1));
}

const pages: [string, string, Language][] = [
  ['000-nano-banana-2-text-to-image.zh-TW', textToImage, 'zh-TW'],
  ['003-nano-banana-text-to-image.it', 'google/nano-banana/text-to-image', 'it'],
  ['004-nano-banana-pro-edit.zh-TW', 'google/nano-banana/pro/edit', 'zh-TW'],
];

test.each(pages)('page %s shows the schemas of %s in %s', (name, id, language) => {
  const { input, output } = page(name);
  expectSame(localisedInputSchema(catalog.find(id)!, language), input);
  expectSame(outputSchema(language), output);
});

test('the English page shows the fields in Chinese, but its own title and output texts', () => {
  const { input, output } = page('001-nano-banana-2-text-to-image.en-page');
  const model = catalog.find(textToImage)!;
  expectSame(localisedInputSchema(model, 'zh-TW').properties, input.properties);
  expect(localisedInputSchema(model, 'en').title).toBe(input.title);
  expectSame(outputSchema('en'), output);
});

test('the page that shows message keys shows the schema of edit all the same', () => {
  const { input } = page('002-nano-banana-2-edit.raw-keys');
  const schema = localisedInputSchema(catalog.find('google/nano-banana-2/edit')!, 'zh-TW');
  expectSame(schema, { ...input, title: '輸入結構' });
});

test.each(pages)('page %s shows the rules of %s in every language', (name, id) => {
  const { input } = page(name);
  for (const language of LANGUAGES) {
    expectSame(withoutTexts(localisedInputSchema(catalog.find(id)!, language)), withoutTexts(input));
  }
});

test('the title of the schema is translated', () => {
  const model = catalog.find(textToImage)!;
  expect(LANGUAGES.map((language) => localisedInputSchema(model, language).title)).toEqual([
    'Input',
    '輸入結構',
    'Schema di input',
  ]);
});

test('no text of any model in any language is a message key, and no title is empty', () => {
  for (const model of catalog.models) {
    for (const language of LANGUAGES) {
      const schema = localisedInputSchema(model, language);
      expect(JSON.stringify([schema, outputSchema(language)])).not.toContain('modelApiDoc');
      for (const property of Object.values(schema.properties)) expect(property.title).not.toBe('');
    }
  }
});

test('each missing text is English, an empty one stays empty', () => {
  const model: Model = {
    ...catalog.find(textToImage)!,
    propertyTexts: { it: { prompt: { title: 'Spunto' }, seed: { description: '' } } },
  };
  const { prompt, seed } = localisedInputSchema(model, 'it').properties;
  expect(prompt).toMatchObject({ title: 'Spunto', description: 'The prompt for image generation.' });
  expect(seed).toMatchObject({ title: 'Seed', description: '' });
  expect(localisedText({ en: 'Input' }, 'it')).toBe('Input');
});

test('a schema is made once and cannot be changed by who gets it', () => {
  const model = catalog.find(textToImage)!;
  const schema = localisedInputSchema(model, 'it');
  expect(localisedInputSchema(model, 'it')).toBe(schema);
  expect(Object.isFrozen(schema.properties.aspect_ratio)).toBe(true);
  expect(outputSchema('it')).toBe(outputSchema('it'));
});

function withoutTexts(schema: InputSchema): unknown {
  const properties = Object.entries(schema.properties).map(([name, { title, description, ...rules }]) => [
    name,
    rules,
  ]);
  return { ...schema, title: '', properties: Object.fromEntries(properties) };
}
