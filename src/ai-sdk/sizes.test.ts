import { expect, test } from 'vitest';
import { knownRatio, ratioOf, readSize, resolutionOf } from './sizes.ts';

const RATIOS = ['auto', '21:9', '16:9', '3:2', '4:3', '5:4', '1:1', '4:5', '3:4', '2:3', '9:16'];
const RESOLUTIONS = ['0.5K', '1K', '2K', '4K'];

test.each([
  ['1024x1024', '1:1', '1K'],
  ['512x512', '1:1', '0.5K'],
  ['1376x768', '16:9', '1K'],
  ['1792x1024', '16:9', '1K'],
  ['3840x2160', '16:9', '2K'],
  ['1584x672', '21:9', '1K'],
  ['768x1376', '9:16', '1K'],
  ['4096x4096', '1:1', '4K'],
])('%s is %s at %s', (size, ratio, resolution) => {
  expect(ratioOf(readSize(size), RATIOS)).toBe(ratio);
  expect(resolutionOf(readSize(size), RESOLUTIONS)).toBe(resolution);
});

test('a size that is nowhere near a ratio has none', () => {
  expect(ratioOf(readSize('1000x100'), RATIOS)).toBeUndefined();
  expect(ratioOf(readSize('1000x1100'), RATIOS)).toBeUndefined();
  expect(ratioOf(readSize('100x100'), [])).toBeUndefined();
  expect(resolutionOf(readSize('100x100'), ['720p'])).toBeUndefined();
});

test('a ratio in other numbers is the one that the model knows', () => {
  expect(knownRatio('1920:1080', RATIOS)).toBe('16:9');
  expect(knownRatio('auto', RATIOS)).toBe('auto');
  expect(knownRatio('7:1', RATIOS)).toBeUndefined();
});
