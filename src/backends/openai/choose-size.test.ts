import { describe, expect, test } from 'vitest';
import type { InputImage, Resolution } from '../backend.ts';
import { ASPECT_RATIOS } from '../sizes.ts';
import { chooseSize, sizeText } from './choose-size.ts';
import { type FreeSizes, upstreamModelOf } from './upstream-models.ts';

const sent = (
  aspectRatio: string,
  resolution: Resolution,
  upstream = 'gpt-image-2',
  images: InputImage[] = [],
) => {
  const size = chooseSize({ aspectRatio, resolution, images }, upstreamModelOf(upstream)).sent;
  return size === 'auto' ? size : sizeText(size);
};
const input = (width: number, height: number): InputImage => ({
  bytes: Buffer.alloc(0),
  contentType: 'image/png',
  width,
  height,
});

test.each([
  ['1:1', '1K', '1024x1024'],
  ['16:9', '1K', '1376x768'],
  ['16:9', '2K', '2752x1536'],
  ['16:9', '4K', '3840x2160'],
  ['9:16', '4K', '2160x3840'],
  ['1:1', '4K', '2880x2880'],
  ['21:9', '4K', '3840x1632'],
  // Smaller than the model renders: the least it does, of that ratio.
  ['1:1', '0.5K', '816x816'],
] as const)('gpt-image-2 is asked for %s at %s as %s', (ratio, resolution, size) => {
  expect(sent(ratio, resolution)).toBe(size);
});

describe.each(['0.5K', '1K', '2K', '4K'] as const)('at %s', (resolution) => {
  test.each([...ASPECT_RATIOS, '1:4', '8:1'])(
    'every size asked of gpt-image-2 for %s is within its bounds',
    (ratio) => {
      const { step, maxEdge, minPixels, maxPixels, maxRatio } = upstreamModelOf('gpt-image-2')
        .sizes as FreeSizes;
      const [width, height] = sent(ratio, resolution).split('x').map(Number) as [number, number];
      expect([width % step, height % step]).toEqual([0, 0]);
      expect(Math.max(width, height)).toBeLessThanOrEqual(maxEdge);
      expect(width * height).toBeGreaterThanOrEqual(minPixels);
      expect(width * height).toBeLessThanOrEqual(maxPixels);
      expect(Math.max(width / height, height / width)).toBeLessThanOrEqual(maxRatio);
    },
  );
});

test.each([
  ['gpt-image-1', '16:9', '2K', '1536x1024'],
  ['gpt-image-1.5', '4:5', '1K', '1024x1536'],
  ['gpt-image-1-mini', '5:4', '1K', '1536x1024'],
  ['dall-e-3', '21:9', '4K', '1792x1024'],
  ['dall-e-2', '16:9', '0.5K', '512x512'],
] as const)(
  '%s, which has a few sizes only, is asked for %s at %s as %s',
  (model, ratio, resolution, size) => {
    expect(sent(ratio, resolution, model)).toBe(size);
  },
);

test('a ratio left open is left to the model at 1K, and follows the first input above it', () => {
  expect(sent('auto', '1K')).toBe('auto');
  expect(sent('auto', '2K', 'gpt-image-2', [input(1600, 900), input(10, 10)])).toBe('2752x1536');
  expect(sent('auto', '2K')).toBe('2048x2048');
});

test('a ratio left open follows the first input where the model cannot choose', () => {
  expect(sent('auto', '1K', 'sd-cpp-local', [input(900, 1600)])).toBe('768x1376');
  expect(sent('auto', '1K', 'dall-e-3')).toBe('1024x1024');
});

test('a dated snapshot and a model newer than the table are known by their line', () => {
  expect(upstreamModelOf('gpt-image-2-2026-04-21')).toBe(upstreamModelOf('gpt-image-2'));
  expect(upstreamModelOf('gpt-image-3')).toBe(upstreamModelOf('gpt-image-2.6-flare'));
  expect(upstreamModelOf('flux')).not.toBe(upstreamModelOf('gpt-image-2'));
});
