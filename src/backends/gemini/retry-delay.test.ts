import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryDelayMs } from './retry-delay.ts';

const info = (retryDelay: unknown) => ({
  details: [
    { '@type': 'type.googleapis.com/google.rpc.Help' },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
  ],
});

test.each([
  ['34.4s', 34_400],
  ['34.074824224s', 34_075],
  ['21599.960323804s', 21_599_961],
  ['47s', 47_000],
  ['0s', 0],
  [{ seconds: '2', nanos: 500_000_000 }, 2_500],
])('RetryInfo of %j is %i ms', (retryDelay, ms) => {
  expect(retryDelayMs(info(retryDelay), null)).toBe(ms);
});

test('without RetryInfo the message tells, and without that a header', () => {
  const message = 'Quota exceeded.\nPlease retry in 34.074824224s.';
  expect(retryDelayMs({ message }, '7')).toBe(34_075);
  expect(retryDelayMs({ message: 'Quota exceeded.' }, '7')).toBe(7_000);
  expect(retryDelayMs({}, 'Fri, 20 Nov 2026 20:00:00 GMT')).toBeUndefined();
});

test('whatever stands there, it is undefined or a time', () => {
  fc.assert(
    fc.property(fc.anything(), fc.option(fc.string()), (retryDelay, header) => {
      const ms = retryDelayMs(info(retryDelay), header);
      return ms === undefined || (Number.isInteger(ms) && ms >= 0);
    }),
  );
});
