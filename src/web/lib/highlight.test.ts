import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CodeLanguage, highlight } from './highlight.ts';

const LANGUAGES: CodeLanguage[] = ['json', 'shell', 'javascript', 'python', 'text'];

test('the pieces are the code, whatever it is', () => {
  const code = fc.array(
    fc.constantFrom('"', "'", '`', '\\', '#', '//', '/*', ' ', '\n', '{', ':', '1e5', 'const', '--x', '繁'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...LANGUAGES), code, (language, pieces) => {
      const text = pieces.join('');
      expect(
        highlight(text, language)
          .map((token) => token.text)
          .join(''),
      ).toBe(text);
    }),
  );
});

const kinds = (code: string, language: CodeLanguage): string[] =>
  highlight(code, language)
    .filter(({ kind }) => kind)
    .map(({ kind, text }) => `${kind} ${text}`);

test('names, strings, numbers and words of a language are told apart', () => {
  expect(kinds('{"a\\"b": ["x: 1", -2.5e3, true]}', 'json')).toEqual([
    'property "a\\"b"',
    'string "x: 1"',
    'number -2.5e3',
    'keyword true',
  ]);
  expect(kinds("curl -X POST 'http://a#b' # send", 'shell')).toEqual([
    'keyword curl',
    'property -X',
    "string 'http://a#b'",
    'comment # send',
  ]);
  expect(kinds('const url = `https://x`; // await', 'javascript')).toEqual([
    'keyword const',
    'string `https://x`',
    'comment // await',
  ]);
  expect(kinds('print(None) # from', 'python')).toEqual(['keyword print', 'keyword None', 'comment # from']);
});
