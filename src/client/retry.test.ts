import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionError, errorOfStatus } from './errors.ts';
import { readRetryAfter, retryDelayMs, Tries } from './retry.ts';

const answered = (status: number, retryAfter?: number) =>
  errorOfStatus('no', { status, ...(retryAfter !== undefined && { retryAfter }) });
const lost = new ConnectionError('lost', { cause: new Error('ECONNRESET') });
const refused = new ConnectionError('refused', {
  cause: new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
});
const refusedByAll = new ConnectionError('refused', {
  cause: Object.assign(new AggregateError([]), {
    errors: ['::1', '127.0.0.1'].map((address) =>
      Object.assign(new Error(address), { code: 'ECONNREFUSED' }),
    ),
  }),
});

test.each([
  ['an answer that was lost', lost, true, false],
  ['a connection that never came about', refused, true, true],
  ['a connection that came about to none of the addresses', refusedByAll, true, true],
  ['429', answered(429), true, true],
  ['429 for an hour', answered(429, 3600), false, false],
  ['408', answered(408), true, false],
  ['500', answered(500), true, false],
  ['503', answered(503, 5), true, false],
  ['422', answered(422), false, false],
  ['404', answered(404), false, false],
  ['409', answered(409), false, false],
  ['a mistake of the caller', new TypeError('mine'), false, false],
])('after %s a harmless call is repeated: %#', (_, error, harmless, costly) => {
  expect(new Tries(1).delayAfter(error, 'always') !== undefined).toBe(harmless);
  expect(new Tries(1).delayAfter(error, 'refused') !== undefined).toBe(costly);
});

test('tries are counted from the last success, and patience outlasts their number', () => {
  const tries = new Tries(2);
  expect([1, 2, 3].map(() => tries.delayAfter(lost, 'always') !== undefined)).toEqual([true, true, false]);
  tries.succeeded();
  expect(tries.delayAfter(lost, 'always')).toBeDefined();
  const patient = new Tries(1, 60_000);
  expect([1, 2, 3, 4].every(() => patient.delayAfter(lost, 'always') !== undefined)).toBe(true);
  // Who wants no retries gets none.
  expect(new Tries(0, 60_000).delayAfter(lost, 'always')).toBeUndefined();
});

test('each wait is up to twice as long as the one before, at most 8 s, and what the server asks for is kept', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((attempt) => retryDelayMs(lost, attempt, () => 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 8000, 8000,
  ]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const most = Math.min(8000, 500 * 2 ** (attempt - 1));
        const delay = retryDelayMs(lost, attempt, () => random);
        expect(delay).toBeGreaterThanOrEqual(most / 2);
        expect(delay).toBeLessThanOrEqual(most);
        expect(retryDelayMs(answered(429, 7), attempt, () => random)).toBeGreaterThanOrEqual(7000);
      },
    ),
  );
});

test('Retry-After is read as seconds or as a date, and nothing else', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  const read = (value: string | null) => readRetryAfter(value, now);
  expect(read('120')).toBe(120);
  expect(read('0')).toBe(0);
  expect(read('-5')).toBe(0);
  expect(read('Sat, 21 Nov 2026 10:00:30 GMT')).toBe(30);
  expect(read('Sat, 21 Nov 2026 09:00:00 GMT')).toBe(0);
  for (const value of [null, '', ' ', 'soon', 'Infinity', 'NaN']) expect(read(value)).toBeUndefined();
});
