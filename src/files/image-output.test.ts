import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { finishOutput, resizeTo, UnreadableOutput } from './image-output.ts';

const FORMATS = ['png', 'jpeg', 'webp'] as const;

function plain(width = 40, height = 30): Sharp {
  return sharp({ create: { width, height, channels: 3, background: 'teal' } });
}

describe('the format asked for', () => {
  for (const came of FORMATS) {
    for (const asked of FORMATS.filter((format) => format !== came)) {
      test(`${asked} is made of ${came}, without its metadata`, async () => {
        const bytes = await plain()
          .toFormat(came)
          .withExif({ IFD0: { Artist: 'someone' } })
          .toBuffer();
        const finished = await finishOutput(bytes, asked);
        expect(finished).toMatchObject({ contentType: `image/${asked}`, width: 40, height: 30 });
        const { format, width, height, exif } = await sharp(finished.bytes).metadata();
        expect({ format, width, height, exif }).toEqual({
          format: asked,
          width: 40,
          height: 30,
          exif: undefined,
        });
      });
    }

    test(`passes untouched where ${came} is what came, whatever it carries`, async () => {
      const bytes = await plain()
        .toFormat(came)
        .withExif({ IFD0: { Artist: 'content credentials' } })
        .toBuffer();
      const finished = await finishOutput(bytes, came);
      expect(finished.bytes).toBe(bytes);
      expect(finished).toMatchObject({ contentType: `image/${came}`, width: 40, height: 30 });
    });
  }
});

test('what is transparent is white in a JPEG, and stays transparent elsewhere', async () => {
  const clear = await plain().ensureAlpha(0).png().toBuffer();
  const jpeg = await finishOutput(clear, 'jpeg');
  const [first = 0] = await sharp(jpeg.bytes).raw().toBuffer();
  expect(first).toBeGreaterThan(252);
  const webp = await finishOutput(clear, 'webp');
  expect((await sharp(webp.bytes).metadata()).hasAlpha).toBe(true);
});

test('an image stored lying down is told, and written, the right way up', async () => {
  const lying = await plain().jpeg().withMetadata({ orientation: 6 }).toBuffer();
  expect(await finishOutput(lying, 'jpeg')).toMatchObject({ width: 30, height: 40 });
  expect(await finishOutput(lying, 'png')).toMatchObject({ width: 30, height: 40 });
});

test('an image gets exactly the size asked for, in the format it came or another', async () => {
  const bytes = await plain(100, 150).jpeg().toBuffer();
  const same = await resizeTo(bytes, 42, 63);
  expect(same).toMatchObject({ contentType: 'image/jpeg', width: 42, height: 63 });
  const other = await resizeTo(bytes, 42, 64, { format: 'webp' });
  expect(other).toMatchObject({ contentType: 'image/webp', width: 42, height: 64 });
  const { format, width, height } = await sharp(other.bytes).metadata();
  expect({ format, width, height }).toEqual({ format: 'webp', width: 42, height: 64 });
});

test('what is no image is said to be none', async () => {
  await expect(finishOutput(Buffer.from('not an image'), 'png')).rejects.toThrow(UnreadableOutput);
  const whole = await plain().png().toBuffer();
  await expect(finishOutput(whole.subarray(0, whole.length / 2), 'jpeg')).rejects.toThrow(UnreadableOutput);
  await expect(resizeTo(Buffer.alloc(0), 10, 10)).rejects.toThrow(UnreadableOutput);
});
