/**
 * Pictures of this machine as inputs. Whoever writes what a model reads may make it name any file, so only files that lie in folders that
 * were allowed at the start, and whose bytes are a picture's, are ever sent to the server.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileTypeFromBuffer } from 'file-type';
import { ToolError } from './tool-error.ts';

/** What the server takes as an input. */
const PICTURES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif', 'image/tiff'];
const MOST_BYTES = 50 * 2 ** 20;

export interface LocalFiles {
  /** @throws {ToolError} when it may not be read, or is no picture. */
  read(path: string): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }>;
}

/** Whether a value of an image field is a path rather than a URL. */
export const isPath = (value: string): boolean =>
  /^(?:\/|\.{1,2}[\\/]|~|file:|[a-z]:[\\/]|\\\\)/i.test(value);

/** Files below `folders`. @throws when one of those is not there. */
export async function openLocalFiles(folders: readonly string[]): Promise<LocalFiles> {
  const roots = await Promise.all(folders.map((folder) => realpath(folder)));
  const allowed = `Allowed folders: ${folders.join(', ')}.`;
  return {
    async read(given) {
      const path = given.startsWith('file:') ? pathOf(given) : given;
      if (!isAbsolute(path)) throw new ToolError(`${given} is no absolute path. ${allowed}`);
      // Where it really lies, whatever links lead there. What is outside is not told from what is not there.
      const real = await realpath(path).catch(() => undefined);
      if (real === undefined || !roots.some((root) => isBelow(root, real)))
        throw new ToolError(`${given} is not there, or in no folder that may be read. ${allowed}`);
      return { name: basename(real), bytes: await readPicture(real, given) };
    },
  };
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new ToolError(`${url} is no file URL of this machine.`);
  }
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function readPicture(path: string, given: string): Promise<Uint8Array<ArrayBuffer>> {
  let file: FileHandle | undefined;
  try {
    // A pipe would be waited for, and a link that came just now would lead elsewhere.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stat = await file.stat();
    if (!stat.isFile()) throw new ToolError(`${given} is no file.`);
    if (stat.size > MOST_BYTES) throw new ToolError(`${given} is larger than 50 MB.`);
    const bytes = new Uint8Array(await file.readFile());
    const type = await fileTypeFromBuffer(bytes);
    if (!type || !PICTURES.includes(type.mime))
      throw new ToolError(`${given} is no picture that can be used (PNG, JPEG, WebP, GIF, AVIF or TIFF).`);
    return bytes;
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`${given} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  } finally {
    await file?.close();
  }
}
