/** What bytes are, by what they begin with: never by a name or by what someone claims. */
import { fileTypeFromBuffer } from 'file-type';

const IMAGES = [
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/avif',
  'image/heic',
  'image/heif',
  'image/tiff',
  'image/bmp',
] as const;
const VIDEOS = ['video/mp4', 'video/webm'] as const;

export type ImageType = (typeof IMAGES)[number];
type VideoType = (typeof VIDEOS)[number];

export type Sniffed =
  | { kind: 'image'; contentType: ImageType; sequence: boolean }
  | { kind: 'video'; contentType: VideoType }
  | {
      kind: 'other';
      /** In words, for a message; undefined where nothing is known. */
      looksLike: string | undefined;
    };

const OTHERS: Record<string, string> = {
  'application/pdf': 'a PDF',
  'application/zip': 'a ZIP archive',
  'application/gzip': 'gzip',
};

/** How far into a text its kind is looked for. */
const HEAD_BYTES = 1024;

/** Tells an image or video the project knows, and names what else it may be. */
export async function sniff(bytes: Buffer): Promise<Sniffed> {
  // It throws on some files that lie about their own structure; those are nothing we know.
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  const contentType = found?.mime.replace(/^(image\/hei[cf])-sequence$/, '$1') ?? '';
  const image = IMAGES.find((type) => type === contentType);
  if (image) return { kind: 'image', contentType: image, sequence: isSequence(bytes, found?.mime ?? '') };
  const video = VIDEOS.find((type) => type === contentType);
  if (video) return { kind: 'video', contentType: video };
  return { kind: 'other', looksLike: OTHERS[contentType] ?? looksLikeText(bytes) ?? found?.mime };
}

/** Moving pictures in a container for stills; an `avis` AVIF is known by its brand alone. */
function isSequence(bytes: Buffer, mime: string): boolean {
  return (
    mime === 'image/apng' || mime.endsWith('-sequence') || bytes.toString('latin1', 4, 12) === 'ftypavis'
  );
}

function looksLikeText(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return 'an empty file';
  const head = bytes
    .toString('utf8', 0, HEAD_BYTES)
    .replace(/^\ufeff/, '')
    .trimStart()
    .toLowerCase();
  if (/^(<\?xml|<!--|<!doctype svg|<svg)/.test(head) && head.includes('<svg')) return 'SVG';
  if (/^<(!doctype html|html|head|body|script|title|meta)/.test(head)) return 'HTML';
  if (head.startsWith('<?xml')) return 'XML';
  if (/^[{[]/.test(head)) return 'JSON';
  return isText(head) ? 'text' : undefined;
}

function isText(head: string): boolean {
  // A character cut in two at the end of the head is no sign of anything.
  const whole = head.replace(/\ufffd$/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells bytes from text.
  return whole !== '' && !/[\ufffd\x00-\x08\x0e-\x1f]/.test(whole);
}
