import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const NOW = Date.parse('2026-11-20T20:00:00Z');

test.each([
  ['seconds', { 'retry-after': '20' }, 20_000],
  ['milliseconds, which are more exact', { 'retry-after': '2', 'retry-after-ms': '1500' }, 1500],
  ['a date', { 'retry-after': 'Fri, 20 Nov 2026 20:00:30 GMT' }, 30_000],
  ['a date that has passed', { 'retry-after': 'Fri, 20 Nov 2026 19:00:00 GMT' }, 0],
  ['a header that came twice', { 'retry-after': ['3', '9'] }, 3000],
  ['a reset in minutes', { 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
  ['a reset in milliseconds', { 'x-ratelimit-reset-images': '120ms' }, 120],
  ['a reset of several units', { 'x-ratelimit-reset-tokens': '1m2.5s' }, 62_500],
  [
    'the reset of the limit that is used up',
    {
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '40s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '7s',
    },
    7000,
  ],
  ['a wait beyond all limits', { 'retry-after': '999999' }, 3_600_000],
  ['nothing', {}, undefined],
  ['what cannot be read', { 'retry-after': 'soon', 'x-ratelimit-reset-requests': 'later' }, undefined],
])('%s is read', (_, headers, ms) => {
  expect(retryAfterMs(headers, NOW)).toBe(ms);
});
