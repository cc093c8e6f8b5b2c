/** Input images within what Gemini takes in one request. */
import { resizeTo, UnreadableOutput } from '../../files/image-output.ts';
import { BackendError, type InputImage } from '../backend.ts';

/** Google's bound on a whole request; an image counts as base64. */
const MAX_REQUEST_BYTES = 20_000_000;
/** For what stands around prompt and images. */
const RESERVED_BYTES = 64_000;
/** Gemini scales what it is given down to less than this. */
const LONGEST_EDGE = 4096;
const SMALLEST_EDGE = 256;
const MAX_ATTEMPTS = 6;

export interface FittedInputs {
  images: InputImage[];
  /** What was changed, in words for the caller. */
  adjustments: string[];
}

/**
 * The images in their order; where they are too many bytes together, the largest are written anew and smaller.
 * @throws {BackendError} `invalid_request`; the signal's reason.
 */
export async function fitInputs(
  images: readonly InputImage[],
  promptBytes: number,
  signal: AbortSignal,
): Promise<FittedInputs> {
  const base64Bytes = MAX_REQUEST_BYTES - RESERVED_BYTES - promptBytes;
  const share = fairShare(
    images.map(({ bytes }) => bytes.length),
    Math.floor((base64Bytes / 4) * 3) - 3 * images.length,
  );
  const fitted: FittedInputs = { images: [], adjustments: [] };
  for (const [index, image] of images.entries()) {
    const small = image.bytes.length <= share ? image : await shrink(image, share, index, signal);
    fitted.images.push(small);
    if (small !== image) fitted.adjustments.push(told(index, image, small));
  }
  return fitted;
}

/** The most bytes an image may have so that all fit: those that are smaller leave their rest to the others. */
export function fairShare(sizes: readonly number[], total: number): number {
  let rest = total;
  const ascending = sizes.toSorted((a, b) => a - b);
  for (const [index, size] of ascending.entries()) {
    const share = Math.floor(rest / (ascending.length - index));
    if (size > share) return share;
    rest -= size;
  }
  return Number.POSITIVE_INFINITY;
}

/** As WebP, which keeps transparency; then in smaller and smaller steps. */
async function shrink(
  image: InputImage,
  maxBytes: number,
  index: number,
  signal: AbortSignal,
): Promise<InputImage> {
  let scale = Math.min(1, LONGEST_EDGE / Math.max(image.width, image.height));
  for (let attempt = 0; maxBytes > 0 && attempt < MAX_ATTEMPTS; attempt++) {
    const width = Math.max(1, Math.round(image.width * scale));
    const height = Math.max(1, Math.round(image.height * scale));
    if (attempt > 0 && Math.max(width, height) < SMALLEST_EDGE) break;
    const { bytes } = await asWebp(image, width, height, index, signal);
    if (bytes.length <= maxBytes) return { bytes, contentType: 'image/webp', width, height };
    scale *= Math.min(0.8, Math.sqrt(maxBytes / bytes.length) * 0.95);
  }
  throw new BackendError(
    'invalid_request',
    'The input images and the prompt are together more than this model takes in one request.',
  );
}

async function asWebp(
  image: InputImage,
  width: number,
  height: number,
  index: number,
  signal: AbortSignal,
): Promise<{ bytes: Buffer }> {
  try {
    return await resizeTo(image.bytes, width, height, { format: 'webp', signal });
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    throw new BackendError('invalid_request', `Input image ${index + 1} cannot be read.`, { cause: error });
  }
}

function told(index: number, image: InputImage, small: InputImage): string {
  const why = 'so that all inputs fit into one request';
  const same = image.width === small.width && image.height === small.height;
  if (same) return `input image ${index + 1} was sent as WebP, ${why}`;
  return `input image ${index + 1} was scaled down from ${image.width}×${image.height} to ${small.width}×${small.height}, ${why}`;
}
