import { expect, test } from 'vitest';
import { costOf } from './prices.ts';

const usage = (candidatesTokenCount: number, imageTokenCount?: number) => ({
  promptTokenCount: 0,
  candidatesTokenCount,
  imageTokenCount,
});

// Google's price of one picture at 512, 1K, 2K, 4K by the tokens it counts for it.
test.each([
  ['gemini-3-pro-image', [1120, 1120, 2000], [0.134, 0.134, 0.24]],
  ['gemini-3.1-flash-image', [747, 1120, 1680, 2520], [0.045, 0.067, 0.101, 0.151]],
  ['gemini-nano-banana-2.1', [1120, 1680, 3780], [0.0336, 0.0504, 0.1134]],
  ['gemini-3.1-flash-lite-image', [1120], [0.0336]],
  ['gemini-2.5-flash-image', [1290], [0.0387]],
])('a picture of %s costs what Google says', (model, tokens, usd) => {
  expect(tokens.map((count) => costOf(model, usage(count, count)))).toEqual(
    usd.map((price) => expect.closeTo(price, 3)),
  );
});

test('input, search results, words and thoughts are counted each at its price', () => {
  const counts = {
    promptTokenCount: 1000,
    toolUsePromptTokenCount: 500,
    candidatesTokenCount: 1220,
    imageTokenCount: 1120,
    thoughtsTokenCount: 300,
  };
  expect(costOf('gemini-3-pro-image', counts)).toBeCloseTo((1500 * 2 + 400 * 12 + 1120 * 120) / 1e6, 12);
});

test('tokens that are not broken down are taken for a picture', () => {
  expect(costOf('gemini-3-pro-image', usage(1120))).toBeCloseTo(0.1344, 9);
});

test('a preview or dated name has the prices of its family', () => {
  const exact = costOf('gemini-3-pro-image', usage(1120));
  for (const name of ['gemini-3-pro-image-preview', 'models/gemini-3-pro-image', 'gemini-3-pro-image-001'])
    expect(costOf(name, usage(1120))).toBe(exact);
});

test('a model without prices and an answer without counts have no cost', () => {
  expect(costOf('gemini-9-image', usage(1120))).toBeUndefined();
  expect(costOf('constructor', usage(1120))).toBeUndefined();
  expect(costOf('gemini-3-pro-image', undefined)).toBeUndefined();
  expect(costOf('gemini-3-pro-image', { promptTokenCount: 8 })).toBeUndefined();
});
