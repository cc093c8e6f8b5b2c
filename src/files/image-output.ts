import sharp, { type Sharp } from 'sharp';
import type { OutputFormat } from '../lib/images.ts';
import { inImagePool } from './image-pool.ts';

export interface FinishedImage {
  bytes: Buffer;
  contentType: `image/${OutputFormat}`;
  /** Pixels, by the bytes and not by what was asked. */
  width: number;
  height: number;
}

/** What a backend gave as an image cannot be read as one. */
export class UnreadableOutput extends Error {
  override name = 'UnreadableOutput';
}

/**
 * An image as the caller asked for it. Bytes that came in that format pass untouched, content credentials and all;
 * others are written anew, without transparency where the format has none: white shows through.
 * @throws {UnreadableOutput}; the signal's reason.
 */
export async function finishOutput(
  bytes: Buffer,
  format: OutputFormat,
  signal?: AbortSignal,
): Promise<FinishedImage> {
  return await inImagePool(async () => {
    const came = await readOutput(bytes);
    if (came.format !== format) return await written(sharp(bytes).autoOrient(), format);
    return { bytes, contentType: `image/${format}`, width: came.width, height: came.height };
  }, signal);
}

/**
 * An image at exactly this size, in `format` or as it came; where the sides relate otherwise, the edges are cut.
 * @throws {UnreadableOutput}; the signal's reason.
 */
export async function resizeTo(
  bytes: Buffer,
  width: number,
  height: number,
  options: { format?: OutputFormat; signal?: AbortSignal } = {},
): Promise<FinishedImage> {
  return await inImagePool(async () => {
    const came = await readOutput(bytes);
    const format = options.format ?? (isOutputFormat(came.format) ? came.format : 'png');
    return await written(sharp(bytes).autoOrient().resize(width, height, { fit: 'cover' }), format);
  }, options.signal);
}

async function readOutput(bytes: Buffer): Promise<{ format: string; width: number; height: number }> {
  try {
    const { format, autoOrient } = await sharp(bytes).metadata();
    return { format, width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw new UnreadableOutput('not an image', { cause: error });
  }
}

async function written(image: Sharp, format: OutputFormat): Promise<FinishedImage> {
  try {
    const { data, info } = await encoded(image, format).toBuffer({ resolveWithObject: true });
    return { bytes: data, contentType: `image/${format}`, width: info.width, height: info.height };
  } catch (error) {
    throw new UnreadableOutput('an image that cannot be decoded', { cause: error });
  }
}

/** Lossless WebP takes 11 s at 4K and mozjpeg several times as long as plain JPEG. */
function encoded(image: Sharp, format: OutputFormat): Sharp {
  if (format === 'png') return image.png({ compressionLevel: 6 });
  if (format === 'webp') return image.webp({ quality: 90 });
  return image.flatten({ background: 'white' }).jpeg({ quality: 92, mozjpeg: false });
}

function isOutputFormat(format: string): format is OutputFormat {
  return format === 'png' || format === 'jpeg' || format === 'webp';
}
