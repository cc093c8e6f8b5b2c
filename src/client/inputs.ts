/** Files in an input become URLs. */
import { type FileSource, isSource } from './sources.ts';

/**
 * A copy of `input` in which every file, at any depth, is what `toUrl` makes of it: one after the other in their order, and
 * each once, however often it is there.
 */
export async function replaceFiles(
  input: unknown,
  toUrl: (source: FileSource) => string | Promise<string>,
): Promise<unknown> {
  const urls = new Map<FileSource, string>();
  const replace = async (value: unknown): Promise<unknown> => {
    if (isSource(value)) {
      const url = urls.get(value) ?? (await toUrl(value));
      urls.set(value, url);
      return url;
    }
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) items.push(await replace(item));
      return items;
    }
    if (!isPlain(value)) return value;
    const fields: [string, unknown][] = [];
    for (const [name, field] of Object.entries(value)) fields.push([name, await replace(field)]);
    return Object.fromEntries(fields);
  };
  return replace(input);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A data URI of its bytes, for servers that take no uploads. */
export async function toDataUri(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = '';
  const step = 0x8000;
  for (let at = 0; at < bytes.length; at += step)
    binary += String.fromCharCode(...bytes.subarray(at, at + step));
  return `data:${blob.type || typeOf(bytes)};base64,${btoa(binary)}`;
}

/** By their first bytes, where nobody said it. */
function typeOf(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith('\x89PNG')) return 'image/png';
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (start.startsWith('GIF8')) return 'image/gif';
  return start.startsWith('RIFF') && start.endsWith('WEBP') ? 'image/webp' : 'application/octet-stream';
}
