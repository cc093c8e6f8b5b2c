import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

test.each([
  ['{"a": 1,}', 1, 9, 'expected a key in double quotes, found "}"'],
  ['{\n  "a": [1, 2\n}', 3, 1, 'expected "," or "]", found "}"'],
  ['{\n  "a" 1}', 2, 7, 'expected ":", found "1"'],
  ['{"a": tru}', 1, 7, 'expected a value, found "t"'],
  ['{"a": 01}', 1, 7, 'expected a value, found "0"'],
  ['{"a": "x', 1, 7, 'expected a value, found "\\""'],
  ['', 1, 1, 'expected a value, found the end of the file'],
  ['{"a": 1', 1, 8, 'expected "," or "}", found the end of the file'],
  ['{} x', 1, 4, 'expected the end of the file, found "x"'],
  ['{"a": 1,\n "b": 2,\n "a": 3}', 3, 2, 'the key "a" is given twice'],
])('the mistake in %j is found at line %i, column %i', (text, line, column, message) => {
  expect(parseJson(text)).toEqual({ ok: false, line, column, message });
});

test('nesting without end is a mistake, not a crash', () => {
  expect(parseJson('['.repeat(100_000))).toMatchObject({ ok: false, line: 1, column: 66 });
});

test('what JSON.parse accepts is parsed the same', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 2, '\t'), (text, indent) => {
      const value: unknown = JSON.parse(text);
      expect(parseJson(JSON.stringify(value, null, indent))).toEqual({ ok: true, value });
    }),
  );
});

test('what JSON.parse refuses is refused', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 2 }),
      fc.nat(),
      fc.constantFrom('', ',', '"', '}', ']', '{', '1', 'x', '\\'),
      (text, at, noise) => {
        const place = at % (text.length + 1);
        const broken = text.slice(0, place) + noise + text.slice(place + 1);
        // A field that stands twice is a mistake of ours alone, and may be found before one of syntax.
        if (isJson(broken)) expect(parseJson(broken).ok || isDuplicate(broken)).toBe(true);
        else expect(parseJson(broken).ok).toBe(false);
      },
    ),
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isDuplicate(text: string): boolean {
  const parsed = parseJson(text);
  return !parsed.ok && parsed.message.endsWith('is given twice');
}
