import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSecretBox, SealedElsewhere } from './secret-box.ts';

const [key, other] = [randomBytes(32), randomBytes(32)];
const box = createSecretBox([key], 'tests');

test('what is sealed opens again, and looks different each time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, place) => {
      const plain = Buffer.from(bytes);
      const sealed = box.seal(plain, place);
      expect(box.open(sealed, place)).toEqual(plain);
      expect(box.seal(plain, place)).not.toEqual(sealed);
    }),
  );
});

test('it opens neither changed, nor in another place, nor for another purpose', () => {
  const sealed = box.seal(Buffer.from('a secret'), 'here');
  fc.assert(
    fc.property(fc.nat({ max: sealed.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const changed = Buffer.from(sealed);
      changed[at]! ^= bits;
      expect(() => box.open(changed, 'here')).toThrow();
    }),
  );
  expect(() => box.open(sealed, 'there')).toThrow();
  expect(() => createSecretBox([key], 'others').open(sealed, 'here')).toThrow(SealedElsewhere);
});

test('keys are changed by putting the new one first', () => {
  const sealed = box.seal(Buffer.from('a secret'), 'here');
  const both = createSecretBox([other, key], 'tests');
  expect(both.open(sealed, 'here').toString()).toBe('a secret');
  const anew = both.seal(Buffer.from('a secret'), 'here');
  expect(() => box.open(anew, 'here')).toThrow(SealedElsewhere);
  expect(createSecretBox([other], 'tests').open(anew, 'here').toString()).toBe('a secret');
});
