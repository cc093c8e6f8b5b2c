/**
 * Whether a PNG, JPEG or WebP is nothing but its pixels, by walking its parts without decoding: no metadata of any kind,
 * nothing behind the end. Says no when in doubt; the image is then written anew, which loses nothing but a little time.
 */
export function isNothingButPixels(bytes: Buffer, contentType: string): boolean {
  if (contentType === 'image/png') return isPlainPng(bytes);
  if (contentType === 'image/jpeg') return isPlainJpeg(bytes);
  if (contentType === 'image/webp') return isPlainWebp(bytes);
  return false;
}

const PNG_PARTS = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'sRGB',
  'gAMA',
  'cHRM',
  'sBIT',
  'bKGD',
  'pHYs',
]);

function isPlainPng(bytes: Buffer): boolean {
  const BIT_DEPTH_AT = 24;
  if (bytes.length < 57 || bytes.readUInt8(BIT_DEPTH_AT) > 8) return false;
  let at = 8;
  while (at + 12 <= bytes.length) {
    const name = bytes.toString('latin1', at + 4, at + 8);
    if (!PNG_PARTS.has(name)) return false;
    at += 12 + bytes.readUInt32BE(at);
    if (name === 'IEND') return at === bytes.length;
  }
  return false;
}

/** Tables, frame headers of three colours or grey (0, 1, 2: the kinds everyone reads), restarts. */
const JPEG_PARTS = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xdb, 0xdd]);
const FRAME_HEADERS = new Set([0xc0, 0xc1, 0xc2]);
const JFIF_WITHOUT_THUMBNAIL_BYTES = 16;

function isPlainJpeg(bytes: Buffer): boolean {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    const length = bytes.readUInt16BE(at + 2);
    const next = at + 2 + length;
    if (marker === 0xda) {
      at = endOfScan(bytes, next);
      if (bytes[at + 1] === 0xd9) return at + 2 === bytes.length;
      continue;
    }
    const jfif = marker === 0xe0 && length === JFIF_WITHOUT_THUMBNAIL_BYTES;
    if (!jfif && !JPEG_PARTS.has(marker)) return false;
    // Four colours are CMYK.
    if (FRAME_HEADERS.has(marker) && (bytes[at + 9] ?? 4) > 3) return false;
    at = next;
  }
  return false;
}

/** The marker behind a scan's data, in which 0xff is always followed by 0 or a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at !== -1) {
    const next = bytes[at + 1] ?? 0xd9;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
    at = bytes.indexOf(0xff, at + 2);
  }
  return bytes.length;
}

const WEBP_PARTS = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH']);

function isPlainWebp(bytes: Buffer): boolean {
  if (bytes.length < 20 || bytes.readUInt32LE(4) + 8 !== bytes.length) return false;
  let at = 12;
  while (at + 8 <= bytes.length) {
    if (!WEBP_PARTS.has(bytes.toString('latin1', at, at + 4))) return false;
    const length = bytes.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return at === bytes.length;
}
