import sharp from 'sharp';
import { expect, test } from 'vitest';
import { preview, previews } from './preview.ts';

const noise = (width: number, height: number, channels: 3 | 4 = 3): Promise<Buffer> => {
  const raw = Buffer.alloc(width * height * channels);
  for (let at = 0; at < raw.length; at++) raw[at] = (at * 2_654_435_761) >>> 13;
  return sharp(raw, { raw: { width, height, channels } }).png({ compressionLevel: 0 }).toBuffer();
};

test('a small picture passes untouched', async () => {
  const bytes = await noise(64, 32);
  const { data, ...told } = await preview(bytes, 100_000);
  expect(told).toEqual({ mimeType: 'image/png', isOriginal: true });
  expect(data.equals(bytes)).toBe(true);
});

test('a large one is made smaller and keeps its ratio', async () => {
  const { data, mimeType, isOriginal } = await preview(await noise(2000, 1000), 700_000);
  expect({ mimeType, isOriginal }).toEqual({ mimeType: 'image/jpeg', isOriginal: false });
  expect(await sharp(data).metadata()).toMatchObject({ width: 1024, height: 512, format: 'jpeg' });
});

test('one of many bytes gets as small as it has to', async () => {
  const { data } = await preview(await noise(1000, 1000), 60_000);
  expect(data.length).toBeLessThanOrEqual(60_000);
});

test('what is transparent stays so', async () => {
  const { data, mimeType } = await preview(await noise(1200, 600, 4), 700_000);
  expect(mimeType).toBe('image/webp');
  expect((await sharp(data).metadata()).hasAlpha).toBe(true);
});

test('a kind that clients do not show becomes one that they do', async () => {
  const tiff = await sharp(await noise(64, 32))
    .tiff()
    .toBuffer();
  expect(await preview(tiff, 100_000)).toMatchObject({ mimeType: 'image/jpeg', isOriginal: false });
});

test('pictures of an answer share what it may carry, and one that cannot be had is named', async () => {
  const bytes = await noise(1000, 1000);
  const answers: typeof fetch = async (url) =>
    String(url).endsWith('2') ? new Response('gone', { status: 404 }) : new Response(new Uint8Array(bytes));
  const urls = ['http://a/1', 'http://a/2', 'http://a/3', 'http://a/4'];
  const { content, note } = await previews(answers, urls, new AbortController().signal);
  expect(content).toHaveLength(3);
  expect(JSON.stringify(content).length).toBeLessThan(1_000_000);
  expect(note).toMatch(/smaller.*only at the URL: 2\./);
});

test('who gives up is not answered with what is left', async () => {
  const controller = new AbortController();
  const never: typeof fetch = async () => {
    controller.abort(new Error('enough'));
    throw new Error('aborted');
  };
  await expect(previews(never, ['http://a/1'], controller.signal)).rejects.toThrow('enough');
});
