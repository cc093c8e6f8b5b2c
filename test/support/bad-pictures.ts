/** Pictures that are none, or too much of one. */
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { drawPicture } from './pictures.ts';

const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, 4 * index);
  });
  return bytes;
};

function pngChunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** One colour, one bit a pixel: 30,000 × 30,000 of them are some 110 KB. */
export function bombPng(edge: number): Buffer {
  const ONE_BIT_GREY = Buffer.from([1, 0, 0, 0, 0]);
  const row = 1 + Math.ceil(edge / 8);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', Buffer.concat([uint32(edge, edge), ONE_BIT_GREY])),
    pngChunk('IDAT', deflateSync(Buffer.alloc(row * edge), { level: 9 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Says it is small, and unpacks to far more than that. */
export function lyingPng(): Buffer {
  const GREY = Buffer.from([8, 0, 0, 0, 0]);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', Buffer.concat([uint32(64, 64), GREY])),
    pngChunk('IDAT', deflateSync(Buffer.alloc(256 * 2 ** 20), { level: 9 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A text chunk that unpacks to 256 MiB. */
export async function pngWithTextBomb(): Promise<Buffer> {
  const png = await drawPicture();
  const text = Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(256 * 2 ** 20), { level: 9 })]);
  return Buffer.concat([png.subarray(0, 33), pngChunk('zTXt', text), png.subarray(33)]);
}

/** Two frames. */
export async function animated(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = [await drawPicture('png', { colour: 'red' }), await drawPicture('png', { colour: 'blue' })];
  return sharp(frames, { join: { animated: true } })
    .toFormat(format)
    .toBuffer();
}

export async function animatedPng(): Promise<Buffer> {
  const png = await drawPicture();
  return Buffer.concat([png.subarray(0, 33), pngChunk('acTL', uint32(2, 0)), png.subarray(33)]);
}

/** Noise, of which every byte counts, without its last third. */
export async function truncated(format: 'png' | 'jpeg' | 'webp'): Promise<Buffer> {
  const whole = await sharp({
    create: {
      width: 300,
      height: 200,
      channels: 3,
      background: 'grey',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  })
    .toFormat(format)
    .toBuffer();
  return whole.subarray(0, Math.floor((whole.length * 2) / 3));
}

export const SVG = Buffer.from(
  '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/><script>alert(1)</script></svg>',
);

/** A picture for who looks at its beginning, a page for who looks for one. */
export const HTML_IN_GIF = Buffer.from('GIF89a/*<html><script>alert(1)</script>*/=1;');

export const HTML_PAGE =
  '<!doctype html><html><head><title>Sign in</title></head><body>Please sign in</body></html>';
