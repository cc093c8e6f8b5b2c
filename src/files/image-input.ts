import sharp, { type Sharp } from 'sharp';
import type { InputImage } from '../lib/images.ts';
import { type ImageHeader, readHeader, unreadable } from './image-header.ts';
import { inImagePool } from './image-pool.ts';
import { InputError } from './input-error.ts';
import { isNothingButPixels } from './plain-image.ts';
import type { ImageType } from './sniff.ts';

export interface ImageFacts {
  contentType: ImageType;
  /** Pixels, the right way up. */
  width: number;
  height: number;
  animated: boolean;
  /** 1..8 as in EXIF; 1 is upright. */
  orientation: number;
}

const DEFAULT_MAX_PIXELS = 100e6;
/** Turning an image, or decoding an interlaced one, holds all of it in memory. */
const BYTES_PER_PIXEL = 4;
const INPUT_QUALITY = 95;

/**
 * What an image is, without decoding its pixels.
 * @throws {InputError} where it is no image we read.
 */
export async function inspectImage(bytes: Buffer, signal?: AbortSignal): Promise<ImageFacts> {
  const header = await inImagePool(() => readHeader(bytes), signal);
  const { contentType, orientation } = header;
  return { contentType, ...uprightSize(header), animated: isAnimated(header), orientation };
}

/**
 * An image from outside as a backend gets it: one frame, upright, sRGB, 8 bits, nothing but pixels; PNG, JPEG and WebP
 * stay what they are, all else becomes PNG. Within `maxEdge` pixels a side, where given.
 * @throws {InputError} where it is no image, animated, damaged or of more than `maxPixels`.
 */
export async function normaliseInputImage(
  bytes: Buffer,
  options: { maxPixels?: number; maxEdge?: number; signal?: AbortSignal } = {},
): Promise<InputImage> {
  return await inImagePool(() => normalise(bytes, options), options.signal);
}

async function normalise(
  bytes: Buffer,
  {
    maxPixels = DEFAULT_MAX_PIXELS,
    maxEdge = Number.POSITIVE_INFINITY,
  }: { maxPixels?: number; maxEdge?: number },
): Promise<InputImage> {
  const header = await readHeader(bytes);
  checkHeader(header, maxPixels);
  const small = Math.max(header.width, header.height) <= maxEdge;
  try {
    if (small && isPlain(bytes, header)) return await untouched(bytes, header);
    return await writtenAnew(bytes, header, small ? undefined : maxEdge);
  } catch (error) {
    throw unreadable(header.contentType, error);
  }
}

function checkHeader(header: ImageHeader, maxPixels: number): void {
  if (isAnimated(header)) throw new InputError('invalid', 'is animated: send a single frame');
  if (header.contentType === 'image/tiff' && header.frames > 1) {
    throw new InputError('invalid', `has ${header.frames} pages: send a single one`);
  }
  const { width, height } = header;
  if (width * height > maxPixels) {
    const bound = `${Math.floor(maxPixels / 1e6)} megapixels`;
    throw new InputError('too_large', `is ${width}×${height} pixels, more than ${bound}`);
  }
  const maxBytes = maxPixels * BYTES_PER_PIXEL;
  if (width * height * header.bytesPerPixel > maxBytes) {
    const bound = `${Math.floor(maxBytes / 1e6)} MB`;
    throw new InputError(
      'too_large',
      `is ${width}×${height} pixels of ${header.bytesPerPixel} bytes, more than ${bound} together: send 8 bits a colour`,
    );
  }
}

/** Several pictures in a TIFF are the pages of a document. */
function isAnimated({ contentType, frames }: ImageHeader): boolean {
  return frames > 1 && contentType !== 'image/tiff';
}

function uprightSize({ width, height, orientation }: ImageHeader): { width: number; height: number } {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

function isPlain(bytes: Buffer, { contentType, orientation, hasMetadata }: ImageHeader): boolean {
  return orientation === 1 && !hasMetadata && isNothingButPixels(bytes, contentType);
}

async function untouched(bytes: Buffer, header: ImageHeader): Promise<InputImage> {
  const { width, height } = header;
  // The last row cannot be had without decoding the others, and takes no memory for them.
  await decoder(bytes, header)
    .extract({ left: 0, top: height - 1, width, height: 1 })
    .raw()
    .toBuffer();
  return { bytes, contentType: header.contentType as InputImage['contentType'], width, height };
}

async function writtenAnew(
  bytes: Buffer,
  header: ImageHeader,
  maxEdge: number | undefined,
): Promise<InputImage> {
  let image = decoder(bytes, header).autoOrient();
  if (maxEdge !== undefined) image = image.resize(maxEdge, maxEdge, { fit: 'inside' });
  const { data, info } = await encoded(image, header.contentType).toBuffer({ resolveWithObject: true });
  const contentType = `image/${info.format}` as InputImage['contentType'];
  return { bytes: data, contentType, width: info.width, height: info.height };
}

function decoder(bytes: Buffer, { contentType, width, height }: ImageHeader): Sharp {
  return sharp(bytes, {
    // What the header promised, so that a decoder that finds more stops there.
    limitInputPixels: width * height,
    // JPEGs with harmless oddities only warn; a TIFF that ends too early only warns as well.
    failOn: contentType === 'image/tiff' ? 'warning' : 'error',
  });
}

/** Without being asked to keep any, sharp writes no metadata and converts to sRGB. */
function encoded(image: Sharp, contentType: ImageType): Sharp {
  if (contentType === 'image/jpeg') return image.jpeg({ quality: INPUT_QUALITY });
  if (contentType === 'image/webp') return image.webp({ quality: INPUT_QUALITY });
  return image.png();
}
