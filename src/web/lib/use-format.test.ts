import { describe, expect, test } from 'vitest';
import { createFormat } from './use-format.ts';

/** Spaces that Intl writes, which differ from release to release. */
const plain = (text: string): string => text.replace(/\s/gu, ' ');
const [en, zh, it] = ['en-US', 'zh-TW', 'it'].map(createFormat) as [
  ReturnType<typeof createFormat>,
  ReturnType<typeof createFormat>,
  ReturnType<typeof createFormat>,
];

test('the price of one image keeps its tenths of a cent, a sum its cents', () => {
  expect([0.0336, 0.067, 0.1, 0, 12.3456].map(en.money)).toEqual([
    '$0.0336',
    '$0.067',
    '$0.10',
    '$0.00',
    '$12.35',
  ]);
  expect(plain(zh.money(0.067))).toBe('US$0.067');
  expect(plain(it.money(1234.5))).toBe('1234,50 USD');
});

describe('how long ago', () => {
  const now = Date.UTC(2026, 0, 31, 12);
  const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
  test.each([
    [0, 'now'],
    [4, 'now'],
    [42, '42 seconds ago'],
    [60, '1 minute ago'],
    [3599, '59 minutes ago'],
    [86_400, 'yesterday'],
    [45 * 86_400, 'last month'],
    [-7200, 'in 2 hours'],
  ])('%i seconds is %s', (seconds, words) => {
    expect(en.relative(ago(seconds), now)).toBe(words);
  });

  test('is said in the reader’s language', () => {
    expect(plain(it.relative(ago(180), now))).toBe('3 minuti fa');
    expect(plain(zh.relative(ago(180), now))).toBe('3 分鐘前');
  });
});

test('sizes and durations have the unit that suits them', () => {
  expect([0, 999, 1000, 1_234_567, 5e13].map((bytes) => plain(en.bytes(bytes)))).toEqual([
    '0 byte',
    '999 byte',
    '1 kB',
    '1.2 MB',
    '50 TB',
  ]);
  expect([0.42, 12.34, 90, 5400].map((seconds) => plain(en.duration(seconds)))).toEqual([
    '0.4 sec',
    '12 sec',
    '1.5 min',
    '1.5 hr',
  ]);
});
