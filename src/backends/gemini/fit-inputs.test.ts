import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { InputImage } from '../backend.ts';
import { fairShare, fitInputs } from './fit-inputs.ts';

const signal = new AbortController().signal;

/** As large as its pixels: nothing compresses it. */
async function noise(width: number, height: number): Promise<InputImage> {
  const raw = Buffer.alloc(width * height * 3);
  for (let at = 0; at < raw.length; at++) raw[at] = Math.imul(at, 2654435761) >>> 15;
  const image = sharp(raw, { raw: { width, height, channels: 3 } });
  return {
    bytes: await image.png({ compressionLevel: 0 }).toBuffer(),
    contentType: 'image/png',
    width,
    height,
  };
}

test('what fits is left as it is', async () => {
  const image = await noise(20, 20);
  const { images, adjustments } = await fitInputs([image, image], 100, signal);
  expect(images[0]).toBe(image);
  expect(adjustments).toEqual([]);
});

test('only images over their share are made smaller, in their order, and each is told', async () => {
  const [small, large] = [await noise(50, 50), await noise(600, 400)];
  const promptBytes = 20_000_000 - 64_000 - 200_000;
  const { images, adjustments } = await fitInputs([large, small, large], promptBytes, signal);
  expect(images[1]).toBe(small);
  expect(images.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 3) * 4, 0)).toBeLessThanOrEqual(
    200_000,
  );
  for (const place of [0, 2]) {
    const { width, height, format } = await sharp(images[place]!.bytes).metadata();
    expect(images[place]).toMatchObject({ contentType: 'image/webp', width, height });
    expect(format).toBe('webp');
    expect(width! / height!).toBeCloseTo(1.5, 1);
  }
  expect(adjustments).toEqual([
    expect.stringMatching(/^input image 1 was scaled down from 600×400 to /),
    expect.stringMatching(/^input image 3 was scaled down from 600×400 to /),
  ]);
});

test('what cannot be made to fit is refused', async () => {
  const fitting = fitInputs([await noise(300, 300)], 20_000_000, signal);
  await expect(fitting).rejects.toMatchObject({ kind: 'invalid_request' });
});

test('a damaged input is refused, naming which', async () => {
  const damaged = { ...(await noise(300, 300)), bytes: Buffer.alloc(30_000_000, 'x') };
  await expect(fitInputs([damaged], 0, signal)).rejects.toMatchObject({
    kind: 'invalid_request',
    message: 'Input image 1 cannot be read.',
  });
});

test('shares use up no more than there is, and no less where more is wanted', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1e6), { minLength: 1, maxLength: 20 }), fc.nat(1e7), (sizes, total) => {
      const share = fairShare(sizes, total);
      const used = sizes.reduce((sum, size) => sum + Math.min(size, share), 0);
      const wanted = sizes.reduce((sum, size) => sum + size, 0);
      return used <= total && (wanted <= total ? used === wanted : total - used < sizes.length);
    }),
  );
});
