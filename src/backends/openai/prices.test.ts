import { expect, test } from 'vitest';
import { costOf, readUsage } from './prices.ts';

const usage = {
  input_tokens: 1000,
  input_tokens_details: { text_tokens: 400, image_tokens: 600 },
  output_tokens: 1756,
};

test('text, images in and images out each have their price', () => {
  expect(costOf('gpt-image-2', readUsage(usage))).toBeCloseTo(0.002 + 0.0048 + 0.05268, 9);
  expect(costOf('gpt-image-2-2026-04-21', readUsage(usage))).toBe(costOf('gpt-image-2', readUsage(usage)));
});

test('without a price or a count the cost is not known', () => {
  expect(costOf('sd-cpp-local', readUsage(usage))).toBeUndefined();
  for (const nothing of [undefined, null, 'many', {}, { output_tokens: -1 }, { output_tokens: '7' }])
    expect(costOf('gpt-image-2', readUsage(nothing))).toBeUndefined();
});
