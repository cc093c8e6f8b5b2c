/** Pictures in a size that a conversation can carry. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

type Content = CallToolResult['content'][number];

/** What a model sees well. */
const MOST_SIDE = 1024;
const SIDES = [MOST_SIDE, 768, 512, 384];
/** Of all pictures of an answer: clients refuse answers of a megabyte, and base64 takes a third more. */
const MOST_BYTES = 700_000;
/** What clients show. */
const SHOWN = new Map([
  ['png', 'image/png'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
]);
/** What the server stores at most. */
const MOST_FETCHED_BYTES = 100 * 2 ** 20;
const FETCH_MS = 30_000;

export interface Previews {
  content: Content[];
  /** What the reader has to know about them. */
  note: string | undefined;
}

/** The pictures at `urls`, which come from the server's own answer, as they are or smaller. */
export async function previews(
  fetchOutput: typeof fetch,
  urls: readonly string[],
  signal: AbortSignal,
): Promise<Previews> {
  const mostBytes = MOST_BYTES / Math.max(1, urls.length);
  const content: Content[] = [];
  const reduced: number[] = [];
  const missing: number[] = [];
  for (const [index, url] of urls.entries()) {
    try {
      const bytes = await fetchBytes(fetchOutput, url, signal);
      const { data, mimeType, isOriginal } = await preview(bytes, mostBytes);
      content.push({ type: 'image', data: data.toString('base64'), mimeType });
      if (!isOriginal) reduced.push(index + 1);
    } catch {
      signal.throwIfAborted();
      missing.push(index + 1);
    }
  }
  const notes = [
    reduced.length > 0 && 'Pictures shown here may be smaller and compressed; the URLs have the originals.',
    missing.length > 0 && `Could not be shown here, only at the URL: ${missing.join(', ')}.`,
  ].filter((note) => note !== false);
  return { content, note: notes.join(' ') || undefined };
}

async function fetchBytes(fetchOutput: typeof fetch, url: string, signal: AbortSignal): Promise<Buffer> {
  const answer = await fetchOutput(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]) });
  const tooLarge = Number(answer.headers.get('content-length') ?? 0) > MOST_FETCHED_BYTES;
  if (!answer.ok || tooLarge) {
    await answer.body?.cancel();
    throw new Error(`${url} answered ${answer.status}${tooLarge ? ' with too much' : ''}`);
  }
  return Buffer.from(await answer.arrayBuffer());
}

/** The picture as it is, if it is small and of a kind that clients show, or a smaller one. */
export async function preview(
  bytes: Buffer,
  mostBytes: number,
): Promise<{ data: Buffer; mimeType: string; isOriginal: boolean }> {
  // Loaded with the first picture: it takes longer than all the rest.
  const { default: sharp } = await import('sharp');
  const { format, width, height, hasAlpha } = await sharp(bytes).metadata();
  const mimeType = SHOWN.get(format);
  if (mimeType && Math.max(width, height) <= MOST_SIDE && bytes.length <= mostBytes)
    return { data: bytes, mimeType, isOriginal: true };
  let data = bytes;
  for (const side of SIDES) {
    const smaller = sharp(bytes).resize({
      width: side,
      height: side,
      fit: 'inside',
      withoutEnlargement: true,
    });
    data = await (hasAlpha ? smaller.webp({ quality: 80 }) : smaller.jpeg({ quality: 80 })).toBuffer();
    if (data.length <= mostBytes) break;
  }
  return { data, mimeType: hasAlpha ? 'image/webp' : 'image/jpeg', isOriginal: false };
}
