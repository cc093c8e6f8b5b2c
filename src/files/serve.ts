/** How to answer a request for stored bytes: status, headers and which part, whatever the HTTP framework. */
import parseRange from 'range-parser';
import type { ByteRange } from './store.ts';

export interface FileRequest {
  method: string;
  rangeHeader?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifRange?: string | undefined;
}

export interface ServedFile {
  contentType: string;
  bytes: number;
  /** Changes whenever the bytes do, such as their hash; without quotes. */
  etag: string;
  /** Any text: what is odd for a file name is replaced. */
  fileName?: string | undefined;
}

export interface FileResponse {
  status: 200 | 206 | 304 | 416;
  headers: Record<string, string>;
  /** The part to send; nothing is sent with 304, 416 and to HEAD. */
  range?: ByteRange;
}

/** Shown by a browser where it is; anything else could be a page that runs on our name, and is saved instead. */
const SHOWN_IN_PLACE = new Set([
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/avif',
  'video/mp4',
  'video/webm',
]);

const MAX_FILE_NAME_LENGTH = 100;

/** Plans the answer to GET or HEAD for a file that never changes under its name. */
export function planFileResponse(file: ServedFile & FileRequest): FileResponse {
  const etag = `"${file.etag}"`;
  const headers = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'public, max-age=31536000, immutable',
    'cross-origin-resource-policy': 'cross-origin',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  };
  if (file.ifNoneMatch !== undefined && matchesEtag(file.ifNoneMatch, etag)) return { status: 304, headers };
  const range = rangeOf(file, etag);
  if (range === 'unsatisfiable') {
    const refused = {
      'cache-control': 'no-store',
      'content-range': `bytes */${file.bytes}`,
      'content-length': '0',
    };
    return { status: 416, headers: { ...headers, ...refused } };
  }
  const described = { ...headers, ...contentHeaders(file) };
  if (range === 'whole')
    return { status: 200, headers: { ...described, 'content-length': String(file.bytes) } };
  const { start, end } = range;
  const part = {
    'content-range': `bytes ${start}-${end}/${file.bytes}`,
    'content-length': String(end - start + 1),
  };
  return { status: 206, headers: { ...described, ...part }, range };
}

/** Whether an `If-None-Match` names `etag`, weakly compared as it must be. */
export function matchesEtag(ifNoneMatch: string, etag: string): boolean {
  const candidates = ifNoneMatch.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''));
  return candidates.includes('*') || candidates.includes(etag);
}

/** One range, or the whole: for several, for units or words we do not know, and where the file is another by now. */
function rangeOf(
  { method, rangeHeader, ifRange, bytes }: ServedFile & FileRequest,
  etag: string,
): ByteRange | 'whole' | 'unsatisfiable' {
  if (method !== 'GET' || rangeHeader === undefined) return 'whole';
  if (ifRange !== undefined && ifRange !== etag) return 'whole';
  const ranges = parseRange(bytes, atMostAll(rangeHeader, bytes));
  if (ranges === -1) return 'unsatisfiable';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return 'whole';
  const { start, end } = ranges[0]!;
  return { start, end };
}

/** The last N bytes of a file that has fewer are all of it; the parser calls that unsatisfiable. */
function atMostAll(rangeHeader: string, bytes: number): string {
  const suffix = /^bytes=\s*-(\d+)\s*$/.exec(rangeHeader);
  return suffix && Number(suffix[1]) > bytes ? `bytes=-${bytes}` : rangeHeader;
}

function contentHeaders({ contentType, fileName }: ServedFile): Record<string, string> {
  const shown = SHOWN_IN_PLACE.has(contentType);
  return {
    'content-type': shown ? contentType : 'application/octet-stream',
    'content-disposition': (shown ? 'inline' : 'attachment') + fileNameParameters(fileName),
  };
}

function fileNameParameters(fileName: string | undefined): string {
  const safe = safeFileName(fileName ?? '');
  if (safe === '') return '';
  const plain = safe.replace(/[^\x20-\x7e]/g, '_');
  if (plain === safe) return `; filename="${plain}"`;
  const encoded = encodeURIComponent(safe).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** A name without folders, control characters (those that turn the direction of text among them) or quoting. */
function safeFileName(fileName: string): string {
  const named = fileName.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const clean = named.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"%;<>:|?*]/gu, '_').replace(/^[.\s]+/, '');
  return [...clean].slice(0, MAX_FILE_NAME_LENGTH).join('').trim();
}
