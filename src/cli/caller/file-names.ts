/** What files of outputs are called. */
import { basename, dirname, extname, join } from 'node:path';

const EXTENSIONS: Record<string, string> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/webp': '.webp',
  'image/gif': '.gif',
  'image/avif': '.avif',
  'video/mp4': '.mp4',
  'video/webm': '.webm',
  'video/quicktime': '.mov',
};

/** By its type; where that says nothing, as its address has it. */
export function extensionOf(contentType: string | undefined, url: string): string {
  const known = EXTENSIONS[(contentType ?? '').split(';')[0]!.trim().toLowerCase()];
  if (known) return known;
  const path = URL.parse(url)?.pathname ?? '';
  return /\.[a-z0-9]{2,5}$/i.exec(path)?.[0].toLowerCase() ?? '.bin';
}

/** `nano-banana-2-edit-0fda3f12`: model without its owner, and the end of the request's id. */
export function stemOf(modelId: string | undefined, requestId: string): string {
  const model = (modelId ?? '').split('/').slice(1).join('-');
  // Of an id that begins with the time, the end tells requests apart.
  const id = requestId.replace(/[^A-Za-z0-9]/g, '').slice(-8);
  return [model || 'output', id].join('-').replace(/[^\w.-]+/g, '-');
}

export interface Target {
  folder: string;
  /** Without number and extension. */
  stem: string;
  /** The extension that was asked for, if a file was. */
  extension?: string;
}

/** What `--out` means: a file where it has a known extension, else a folder. */
export function readTarget(out: string, stem: string): Target {
  const extension = extname(out);
  const isFile = !/[/\\]$/.test(out) && isMediaExtension(extension);
  if (!isFile) return { folder: out, stem };
  return { folder: dirname(out), stem: basename(out, extension), extension: extension.toLowerCase() };
}

const isMediaExtension = (extension: string): boolean =>
  ['.jpeg', ...Object.values(EXTENSIONS)].includes(extension.toLowerCase());

/** The file of output `index` of `count`. `attempt` counts on where names are taken. */
export function pathOf(
  { folder, stem, extension }: Target,
  index: number,
  count: number,
  ownExtension: string,
  attempt = 1,
): string {
  const number = count > 1 ? `-${index + 1}` : '';
  const again = attempt > 1 ? ` (${attempt})` : '';
  const isSame = extension === ownExtension || (extension === '.jpeg' && ownExtension === '.jpg');
  return join(folder, `${stem}${number}${again}${isSame ? extension : ownExtension}`);
}
