import sharp, { type Metadata } from 'sharp';
import { InputError } from './input-error.ts';
import { type ImageType, sniff } from './sniff.ts';

/** What an image says of itself, read without decoding a pixel. */
export interface ImageHeader {
  contentType: ImageType;
  /** Pixels as stored, before `orientation` turns them. */
  width: number;
  height: number;
  /** Of a pixel once it is decoded: 4 for most, 8 where each colour has 16 bits. */
  bytesPerPixel: number;
  /** Frames, or pages of a document. */
  frames: number;
  /** 1..8 as in EXIF; 1 is upright. */
  orientation: number;
  /** Whether it carries EXIF, XMP, IPTC, a colour profile, comments. */
  hasMetadata: boolean;
}

/** sharp's own names, to be sure that it decodes what was sniffed and not something hidden behind it. */
const FORMATS: Record<Exclude<ImageType, 'image/bmp'>, Metadata['format']> = {
  'image/png': 'png',
  'image/apng': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/tiff': 'tiff',
  'image/avif': 'heif',
  'image/heic': 'heif',
  'image/heif': 'heif',
};

/** Bytes of a colour in a pixel, by sharp's names for them. */
const BYTES: Record<string, number> = { uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4 };
const LARGEST_BYTES = 16;

/** @throws {InputError} where it is no image, or none that can be read here. */
export async function readHeader(bytes: Buffer): Promise<ImageHeader> {
  const sniffed = await sniff(bytes);
  if (sniffed.kind === 'video') throw new InputError('invalid', 'is not an image: it looks like a video');
  if (sniffed.kind === 'other') throw notAnImage(sniffed.looksLike);
  const { contentType, sequence } = sniffed;
  if (contentType === 'image/bmp') throw unreadable(contentType);
  // Reading a header takes no memory for pixels: what is too large is refused by who knows the bound.
  const metadata = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((error) => {
      throw unreadable(contentType, error);
    });
  if (metadata.format !== FORMATS[contentType]) throw unreadable(contentType);
  const { exif, xmp, iptc, hasProfile, comments, tifftagPhotoshop } = metadata;
  return {
    contentType,
    width: metadata.width,
    height: metadata.pageHeight ?? metadata.height,
    bytesPerPixel: metadata.channels * (BYTES[metadata.depth] ?? LARGEST_BYTES),
    frames: sequence ? Math.max(2, metadata.pages ?? 2) : (metadata.pages ?? 1),
    orientation: metadata.orientation ?? 1,
    hasMetadata:
      hasProfile || [exif, xmp, iptc, comments, tifftagPhotoshop].some((part) => part !== undefined),
  };
}

function notAnImage(looksLike: string | undefined): InputError {
  return new InputError(
    'invalid',
    looksLike ? `is not an image: it looks like ${looksLike}` : 'is not an image',
  );
}

/** An image of a type sharp was not built for, or one whose bytes are damaged. */
export function unreadable(contentType: ImageType, cause?: unknown): InputError {
  const name = contentType.slice('image/'.length).toUpperCase();
  const foreign = ['image/heic', 'image/heif', 'image/bmp'].includes(contentType);
  const message = foreign
    ? `is a ${name} image, which is not accepted: send PNG, JPEG or WebP`
    : `is a damaged or incomplete ${name} image`;
  return new InputError('invalid', message, { cause });
}
