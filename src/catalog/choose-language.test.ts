import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseLanguage } from './choose-language.ts';

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['it', 'it'],
  ['it-IT', 'it'],
  ['it-CH, de;q=0.9', 'it'],
  ['zh', 'zh-TW'],
  ['zh-TW', 'zh-TW'],
  ['zh-tw', 'zh-TW'],
  ['zh-HK', 'zh-TW'],
  ['zh-MO', 'zh-TW'],
  ['zh-Hant', 'zh-TW'],
  ['zh-Hant-CN', 'zh-TW'],
  ['zh-Hans', 'en'],
  ['zh-Hans-TW', 'en'],
  ['zh-CN', 'en'],
  ['zh-CN,zh;q=0.9', 'zh-TW'],
  ['zh-CN,en;q=0.9,zh;q=0.8', 'en'],
  ['fr, it;q=0.5', 'it'],
  ['en;q=0.2, it;q=0.8', 'it'],
  ['it;q=0, zh-TW;q=0.1', 'zh-TW'],
  ['fr', 'en'],
  ['*', 'en'],
  ['fr, *;q=0.1', 'en'],
  ['; ,,;;q=x', 'en'],
])('Accept-Language %j is answered in %s', (header, language) => {
  expect(chooseLanguage(header)).toBe(language);
});

test('?lang= wins over Accept-Language', () => {
  expect(chooseLanguage('it', 'zh-TW')).toBe('zh-TW');
  expect(chooseLanguage('it', 'en')).toBe('en');
  expect(chooseLanguage('it', 'zh_hant')).toBe('zh-TW');
});

test('a ?lang= we do not have leaves the choice to Accept-Language', () => {
  expect(chooseLanguage('it', 'fr')).toBe('it');
  expect(chooseLanguage('it', '')).toBe('it');
  expect(chooseLanguage(undefined, 'fr')).toBe('en');
});

test('whatever the header, a language comes out', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (header, query) => {
      expect(['en', 'zh-TW', 'it']).toContain(chooseLanguage(header, query));
    }),
  );
});
