import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { inspectImage, normaliseInputImage } from './image-input.ts';
import { InputError } from './input-error.ts';

/** Noise, so that a missing end is missed. */
function noise(width = 120, height = 80): Sharp {
  return sharp({
    create: {
      width,
      height,
      channels: 3,
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
      background: 'grey',
    },
  });
}

function plain(background: string, width = 40, height = 30): Sharp {
  return sharp({ create: { width, height, channels: 3, background } });
}

async function animation(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = [await plain('red').png().toBuffer(), await plain('blue').png().toBuffer()];
  return await sharp(frames, { join: { animated: true } })
    .toFormat(format)
    .toBuffer();
}

function pngChunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** Right behind the header, where a PNG says what else it carries. */
function withPngChunk(png: Buffer, name: string, data: Buffer): Buffer {
  return Buffer.concat([png.subarray(0, 33), pngChunk(name, data), png.subarray(33)]);
}

async function refusal(work: Promise<unknown>): Promise<{ reason: string; message: string }> {
  const error = await work.then(
    () => new Error('was not refused'),
    (thrown) => thrown,
  );
  if (!(error instanceof InputError)) throw error;
  return { reason: error.reason, message: error.message };
}

async function pixelAt(bytes: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * info.channels;
  return [...data.subarray(at, at + 3)];
}

function expectNear(found: number[], expected: number[], tolerance = 3): void {
  for (const [index, value] of expected.entries())
    expect(Math.abs((found[index] ?? -99) - value)).toBeLessThanOrEqual(tolerance);
}

describe('an image that is nothing but pixels passes untouched', () => {
  const cases: [string, () => Sharp][] = [
    ['png', () => noise().png()],
    ['png', () => noise().png({ palette: true })],
    ['png', () => noise().ensureAlpha(0.5).png({ progressive: true })],
    ['png', () => noise().greyscale().png()],
    ['jpeg', () => noise().jpeg()],
    ['jpeg', () => noise().jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['jpeg', () => noise().greyscale().jpeg()],
    ['jpeg', () => noise().jpeg({ mozjpeg: true })],
    ['webp', () => noise().webp()],
    ['webp', () => noise().ensureAlpha(0.5).webp()],
    ['webp', () => noise().webp({ lossless: true })],
  ];
  test.each(cases)('%s', async (format, make) => {
    const bytes = await make().toBuffer();
    const image = await normaliseInputImage(bytes);
    expect(image).toMatchObject({ contentType: `image/${format}`, width: 120, height: 80 });
    expect(image.bytes).toBe(bytes);
  });
});

describe('all else is written anew', () => {
  test.each([
    ['gif', 'image/png'],
    ['tiff', 'image/png'],
    ['avif', 'image/png'],
  ] as const)('%s becomes %s', async (format, contentType) => {
    const image = await normaliseInputImage(await plain('teal').toFormat(format).toBuffer());
    expect(image).toMatchObject({ contentType, width: 40, height: 30 });
    expect((await sharp(image.bytes).metadata()).format).toBe('png');
    expectNear(await pixelAt(image.bytes, 20, 15), [0, 128, 128]);
  });

  test('sixteen bits become eight', async () => {
    const deep = await plain('teal').toColourspace('rgb16').png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    const image = await normaliseInputImage(deep);
    expect((await sharp(image.bytes).metadata()).depth).toBe('uchar');
    expectNear(await pixelAt(image.bytes, 5, 5), [0, 128, 128]);
  });

  test.each([true, false])('CMYK becomes sRGB, with a profile or without: %s', async (profiled) => {
    const image = plain('#cc2233').toColourspace('cmyk').jpeg({ quality: 100 });
    const cmyk = await (profiled ? image.withIccProfile('cmyk') : image).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const { bytes, contentType } = await normaliseInputImage(cmyk);
    expect(contentType).toBe('image/jpeg');
    expect(await sharp(bytes).metadata()).toMatchObject({ space: 'srgb', channels: 3, hasProfile: false });
    expectNear(await pixelAt(bytes, 20, 15), [204, 34, 51], 25);
  });

  test('colours of a wide profile are converted, not only relabelled', async () => {
    const inner = await plain('#60c060').withIccProfile('p3').png().toBuffer();
    const stored = await sharp(inner, { ignoreIcc: true }).raw().toBuffer();
    const image = await normaliseInputImage(inner);
    expect(stored[0]).not.toBe(0x60);
    expect((await sharp(image.bytes).metadata()).hasProfile).toBe(false);
    expectNear(await pixelAt(image.bytes, 20, 15), [0x60, 0xc0, 0x60]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('what EXIF orientation %i turns is turned', async (orientation) => {
    // Red at the top left as it should be seen; stored the other way round.
    const left = { create: { width: 10, height: 30, channels: 3 as const, background: 'red' } };
    const seen = await plain('blue')
      .composite([{ input: left, gravity: 'west' }])
      .png()
      .toBuffer();
    // sharp mirrors before it turns.
    const undo: Record<number, (image: Sharp) => Sharp> = {
      1: (image) => image,
      2: (image) => image.flop(),
      3: (image) => image.rotate(180),
      4: (image) => image.flip(),
      5: (image) => image.rotate(270).flop(),
      6: (image) => image.rotate(270),
      7: (image) => image.rotate(90).flop(),
      8: (image) => image.rotate(90),
    };
    const turned = await undo[orientation]!(sharp(seen)).png().toBuffer();
    const stored = await sharp(turned).jpeg({ quality: 100 }).withMetadata({ orientation }).toBuffer();

    expect(await inspectImage(stored)).toMatchObject({ width: 40, height: 30, orientation });
    const image = await normaliseInputImage(stored);

    expect(image).toMatchObject({ contentType: 'image/jpeg', width: 40, height: 30 });
    expectNear(await pixelAt(image.bytes, 2, 15), [254, 0, 0], 8);
    expectNear(await pixelAt(image.bytes, 35, 15), [0, 0, 254], 8);
  });

  test('an image is made to fit the longest edge asked for, and never enlarged', async () => {
    const bytes = await noise(120, 80).png().toBuffer();
    expect(await normaliseInputImage(bytes, { maxEdge: 60 })).toMatchObject({ width: 60, height: 40 });
    expect((await normaliseInputImage(bytes, { maxEdge: 120 })).bytes).toBe(bytes);
    const turned = await noise(120, 80).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await normaliseInputImage(turned, { maxEdge: 60 })).toMatchObject({ width: 40, height: 60 });
  });
});

describe('nothing of where, when and by whom is left', () => {
  const SECRET = 'Jane at 46.2044N';
  const exif = {
    IFD0: { Artist: SECRET, Copyright: SECRET },
    IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '46/1 12/1 16/1' },
  };
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="${SECRET}"/></rdf:RDF></x:xmpmeta>`;

  test.each(['png', 'jpeg', 'webp', 'tiff', 'avif'] as const)(
    'in EXIF, XMP and the profile of a %s',
    async (format) => {
      const bytes = await noise()
        .toFormat(format)
        .withExif(exif)
        .withXmp(xmp)
        .withIccProfile('p3')
        .toBuffer();
      expect(bytes.includes(SECRET)).toBe(true);
      const image = await normaliseInputImage(bytes);
      expect(image.bytes.includes(SECRET)).toBe(false);
      const metadata = await sharp(image.bytes).metadata();
      expect([metadata.exif, metadata.xmp, metadata.iptc, metadata.icc, metadata.comments]).toEqual(
        Array(5).fill(undefined),
      );
    },
  );

  test.each(['tEXt', 'iTXt', 'eXIf', 'tIME', 'prVt'])('in a %s part of a PNG', async (name) => {
    const bytes = withPngChunk(
      await noise().png().toBuffer(),
      name,
      Buffer.from(`Comment\0\0\0\0\0${SECRET}`),
    );
    const image = await normaliseInputImage(bytes);
    expect(image.bytes.includes(SECRET)).toBe(false);
  });

  test.each([
    ['a comment', 0xfe],
    ['an unknown application part', 0xeb],
    ['a thumbnail of the first kind', 0xe0],
  ])('in %s of a JPEG', async (_, marker) => {
    const jpeg = await noise().jpeg().toBuffer();
    const part = Buffer.concat([Buffer.from([0xff, marker, 0, SECRET.length + 2]), Buffer.from(SECRET)]);
    const bytes = Buffer.concat([jpeg.subarray(0, 2), part, jpeg.subarray(2)]);
    expect((await normaliseInputImage(bytes)).bytes.includes(SECRET)).toBe(false);
  });

  test.each(['png', 'jpeg', 'webp'] as const)('behind the end of a %s', async (format) => {
    const bytes = Buffer.concat([await noise().toFormat(format).toBuffer(), Buffer.from(SECRET)]);
    const image = await normaliseInputImage(bytes);
    expect(image.contentType).toBe(`image/${format}`);
    expect(image.bytes.includes(SECRET)).toBe(false);
  });

  test('in an unknown part of a WebP', async () => {
    const webp = await noise().webp().toBuffer();
    const part = Buffer.concat([
      Buffer.from('prVt'),
      Buffer.from([SECRET.length, 0, 0, 0]),
      Buffer.from(SECRET),
    ]);
    const bytes = Buffer.concat([webp, part]);
    bytes.writeUInt32LE(bytes.length - 8, 4);
    expect((await normaliseInputImage(bytes)).bytes.includes(SECRET)).toBe(false);
  });
});

describe('a damaged image is refused', () => {
  const formats: [string, () => Sharp][] = [
    ['png', () => noise().png()],
    ['png', () => noise().png({ progressive: true })],
    ['jpeg', () => noise().jpeg()],
    ['jpeg', () => noise().jpeg({ progressive: true })],
    [
      'jpeg',
      () =>
        noise()
          .jpeg()
          .withExif({ IFD0: { Artist: 'x' } }),
    ],
    ['webp', () => noise().webp()],
    ['webp', () => noise().webp({ lossless: true })],
    ['gif', () => noise().gif()],
    ['avif', () => noise().avif({ effort: 0 })],
    ['tiff', () => noise().tiff()],
    ['tiff', () => noise().tiff({ compression: 'lzw' })],
  ];
  test.each(formats)('a %s that ends too early, wherever', async (_, make) => {
    const whole = await make().toBuffer();
    await normaliseInputImage(whole);
    for (const share of [0.05, 0.3, 0.6, 0.9, 0.97]) {
      const { reason } = await refusal(
        normaliseInputImage(whole.subarray(0, Math.floor(whole.length * share))),
      );
      expect(reason).toBe('invalid');
    }
  });

  test('in words that name the type', async () => {
    const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
    expect((await refusal(normaliseInputImage(half(await noise().jpeg().toBuffer())))).message).toBe(
      'is a damaged or incomplete JPEG image',
    );
    expect((await refusal(normaliseInputImage(half(await noise().png().toBuffer())))).message).toBe(
      'is a damaged or incomplete PNG image',
    );
  });
});

describe('what is no single image is refused in words', () => {
  test.each([
    ['<!doctype html><h1>404</h1>', 'is not an image: it looks like HTML'],
    ['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'is not an image: it looks like SVG'],
    ['%PDF-1.7', 'is not an image: it looks like a PDF'],
    ['hello', 'is not an image: it looks like text'],
    ['', 'is not an image: it looks like an empty file'],
    ['\x01\x02\x03', 'is not an image'],
    ['\0\0\0\x18ftypisom\0\0\0\0isommif1', 'is not an image: it looks like a video'],
    [
      `\0\0\0\x18ftypheic\0\0\0\0heicmif1${'\0'.repeat(40)}`,
      'is a HEIC image, which is not accepted: send PNG, JPEG or WebP',
    ],
    [
      `BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0${'\0'.repeat(60)}`,
      'is a BMP image, which is not accepted: send PNG, JPEG or WebP',
    ],
  ])('%j', async (content, message) => {
    expect(await refusal(normaliseInputImage(Buffer.from(content, 'latin1')))).toEqual({
      reason: 'invalid',
      message,
    });
    expect(await refusal(inspectImage(Buffer.from(content, 'latin1')))).toEqual({
      reason: 'invalid',
      message,
    });
  });

  test.each(['gif', 'webp'] as const)('an animated %s', async (format) => {
    const bytes = await animation(format);
    expect(await inspectImage(bytes)).toMatchObject({
      contentType: `image/${format}`,
      animated: true,
      width: 40,
      height: 30,
    });
    expect(await refusal(normaliseInputImage(bytes))).toEqual({
      reason: 'invalid',
      message: 'is animated: send a single frame',
    });
  });

  test('an animated PNG', async () => {
    const bytes = withPngChunk(await noise().png().toBuffer(), 'acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]));
    expect((await refusal(normaliseInputImage(bytes))).message).toBe('is animated: send a single frame');
  });

  test('a document of several pages', async () => {
    const bytes = await sharp(await animation('gif'), { animated: true })
      .tiff()
      .toBuffer();
    expect((await refusal(normaliseInputImage(bytes))).message).toBe('has 2 pages: send a single one');
  });
});

describe('an image of too many pixels is refused by its header', () => {
  /** A PNG of few bytes that would be `edge`² pixels. */
  function bomb(edge: number): Buffer {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(edge, 0);
    header.writeUInt32BE(edge, 4);
    header.set([1, 0, 0, 0, 0], 8);
    const signature = Buffer.from('89504e470d0a1a0a', 'hex');
    const rows = deflateSync(Buffer.alloc((edge / 8 + 1) * edge));
    return Buffer.concat([
      signature,
      pngChunk('IHDR', header),
      pngChunk('IDAT', rows),
      pngChunk('IEND', Buffer.alloc(0)),
    ]);
  }

  test('before any are decoded', async () => {
    const bytes = bomb(16_000);
    expect(bytes.length).toBeLessThan(100_000);
    const before = process.memoryUsage.rss();
    expect(await refusal(normaliseInputImage(bytes))).toEqual({
      reason: 'too_large',
      message: 'is 16000×16000 pixels, more than 100 megapixels',
    });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });

  test('to the pixel', async () => {
    const bytes = await noise(100, 100).png().toBuffer();
    expect((await normaliseInputImage(bytes, { maxPixels: 10_000 })).width).toBe(100);
    expect((await refusal(normaliseInputImage(bytes, { maxPixels: 9999 }))).reason).toBe('too_large');
  });

  test('an image of 16 bits a colour takes the room of two', async () => {
    const create = { width: 100, height: 100, channels: 4, background: 'teal' } as const;
    const bytes = await sharp({ create }).toColourspace('rgb16').png().toBuffer();
    expect(await refusal(normaliseInputImage(bytes, { maxPixels: 19_999 }))).toEqual({
      reason: 'too_large',
      message: 'is 100×100 pixels of 8 bytes, more than 0 MB together: send 8 bits a colour',
    });
    expect((await normaliseInputImage(bytes, { maxPixels: 20_000 })).width).toBe(100);
  });

  test('and can still be inspected', async () => {
    expect(await inspectImage(bomb(16_000))).toMatchObject({ width: 16_000, height: 16_000 });
  });
});

test('an inspected image is told as it is', async () => {
  expect(await inspectImage(await noise().avif({ effort: 0 }).toBuffer())).toEqual({
    contentType: 'image/avif',
    width: 120,
    height: 80,
    animated: false,
    orientation: 1,
  });
});

test('who has aborted gets the own reason back', async () => {
  const bytes = await noise().png().toBuffer();
  const signal = AbortSignal.abort(new Error('cancelled'));
  await expect(normaliseInputImage(bytes, { signal })).rejects.toThrow('cancelled');
});
