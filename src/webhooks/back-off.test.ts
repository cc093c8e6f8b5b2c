import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backOffSeconds, pauseSeconds, readRetryAfter } from './back-off.ts';
import { GIVE_UP_SECONDS } from './hand-out.ts';

test('tries come further and further apart, and a dozen fit in the day they are made in', () => {
  const middle = () => 0.5;
  expect([1, 2, 3, 4, 5, 6, 7, 8].map((tries) => backOffSeconds(tries, middle))).toEqual([
    5, 20, 80, 320, 1280, 5120, 14_400, 14_400,
  ]);
  let [tries, elapsed] = [1, 0];
  while (elapsed + backOffSeconds(tries, middle) <= GIVE_UP_SECONDS)
    elapsed += backOffSeconds(tries++, middle);
  expect(tries).toBe(12);
  expect(elapsed / 3600).toBeGreaterThan(20);
});

test('each time is a quarter off at most, whatever chance says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (tries, chance) => {
        const usual = backOffSeconds(tries, () => 0.5);
        const seconds = backOffSeconds(tries, () => chance);
        expect(seconds).toBeGreaterThanOrEqual(usual * 0.75);
        expect(seconds).toBeLessThanOrEqual(usual * 1.25);
      },
    ),
  );
});

test('single failures do not hold a receiver up; many in a row do, for two minutes at most', () => {
  expect([0, 1, 2, 3, 4, 5, 10, 1000].map(pauseSeconds)).toEqual([0, 0, 0, 1, 2, 4, 120, 120]);
});

test('Retry-After is seconds or a date, and nothing else', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  const read = (header: string | undefined) => readRetryAfter(header, now);
  expect(read('7')).toBe(7);
  expect(read(' 0 ')).toBe(0);
  expect(read('Fri, 20 Nov 2026 12:02:00 GMT')).toBe(120);
  expect(read('Fri, 20 Nov 2026 11:00:00 GMT')).toBe(0);
  expect(read('99999999999')).toBe(GIVE_UP_SECONDS);
  for (const header of [undefined, '', 'soon', '-1x', '1e400x']) expect(read(header)).toBeUndefined();
});
