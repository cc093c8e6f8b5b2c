import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDataUri } from './data-uri.ts';
import { InputError } from './input-error.ts';

function refusal(uri: string, maxBytes = 1000): InputError {
  try {
    decodeDataUri(uri, maxBytes);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

test('any bytes come back as they were, with the type that was claimed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), (content) => {
      const bytes = Buffer.from(content);
      expect(decodeDataUri(`data:image/png;base64,${bytes.toString('base64')}`, 500)).toEqual({
        bytes,
        contentType: 'image/png',
      });
    }),
  );
});

test.each([
  ['DATA:IMAGE/PNG;BASE64,QUJD', 'image/png'],
  ['data:text/plain;charset=utf-8;base64,QUJD', 'text/plain'],
  ['data:;base64,QUJD', 'text/plain'],
])('%s is understood', (uri, contentType) => {
  expect(decodeDataUri(uri, 3)).toEqual({ bytes: Buffer.from('ABC'), contentType });
});

test('only base64 as the standard has it is taken', () => {
  const standard = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  const characters = fc.constantFrom(...'AAAABb9/+++==-_ \n\t%.', '\u0141', '\u00e9', '\u{1f600}', '\ud800');
  const texts = fc.array(characters, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, (payload) => {
      const uri = `data:image/png;base64,${payload}`;
      if (standard.test(payload))
        expect(decodeDataUri(uri, 100).bytes.toString('base64').length).toBe(payload.length);
      else expect(refusal(uri).message).toBe('is not valid base64');
    }),
    {
      numRuns: 3000,
      examples: [['\u0141BCD'], ['QUJD-_-_'], ['QQ==QUJD'], ['===='], ['A==='], ['QUI'], ['QUJD\n']],
    },
  );
});

test.each([
  ['https://example.com/', 'is not a data: URI'],
  ['data:image/png;base64', 'is not a data: URI'],
  [`data:${'x'.repeat(5000)};base64,QUJD`, 'is not a data: URI'],
  ['data:text/html,<p>', 'is a data: URI without base64'],
  ['data:base64,QUJD', 'is a data: URI without base64'],
  ['data:image/png;base64,', 'is empty'],
])('%.40s is refused: %s', (uri, message) => {
  expect(refusal(uri)).toMatchObject({ reason: 'invalid', message });
});

test('the bound is on the decoded bytes, to the byte', () => {
  const uri = `data:image/png;base64,${Buffer.alloc(100).toString('base64')}`;
  expect(decodeDataUri(uri, 100).bytes.length).toBe(100);
  expect(refusal(uri, 99)).toMatchObject({ reason: 'too_large', message: 'is larger than 99 bytes' });
  expect(refusal(uri, 99).message).toBe('is larger than 99 bytes');
});

test('sixty megabytes are decoded, or refused, in a moment', () => {
  const good = `data:image/png;base64,${Buffer.alloc(45_000_000, 7).toString('base64')}`;
  const bad = `data:image/png;base64,${'A'.repeat(59_999_999)}!`;
  const start = performance.now();
  expect(decodeDataUri(good, 50e6).bytes.length).toBe(45_000_000);
  expect(refusal(bad, 50e6).message).toBe('is not valid base64');
  // Some 0.4 s on a slow machine; a backtracking pattern would take minutes or overflow the stack.
  expect(performance.now() - start).toBeLessThan(5000);
});
