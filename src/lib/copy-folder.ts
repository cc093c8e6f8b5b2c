/** Copies folders with owners and modes, to the disk and not only towards it. */
import { chown, copyFile, type FileHandle, lstat, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What is to be copied: its name, and the folder that it is in, from the beginning of the copy; '' is the top. */
export interface Entry {
  name: string;
  folder: string;
}

/** What vanishes meanwhile is left out. Links and sockets are, too. @returns bytes copied. */
export async function copyFolder(
  from: string,
  to: string,
  isWanted: (entry: Entry) => boolean = () => true,
  folder = '',
): Promise<number> {
  const origin = join(from, folder);
  const like = await lstat(origin).catch(ifGone(undefined));
  if (!like) return 0;
  await mkdir(join(to, folder), { recursive: true, mode: like.mode & 0o777 });
  await ownAlike(origin, join(to, folder));
  let bytes = 0;
  for (const entry of await readdir(origin, { withFileTypes: true }).catch(ifGone([]))) {
    const { name } = entry;
    if (!isWanted({ name, folder })) continue;
    if (entry.isDirectory()) bytes += await copyFolder(from, to, isWanted, join(folder, name));
    else if (entry.isFile())
      bytes += await copyFileDurably(join(origin, name), join(to, folder, name)).catch(ifGone(0));
  }
  await sync(join(to, folder));
  return bytes;
}

/** @returns its size. */
export async function copyFileDurably(from: string, to: string): Promise<number> {
  await copyFile(from, to);
  await ownAlike(from, to);
  return sync(to);
}

/** Root copies for others: gives `to` the owner of `from`. */
export async function ownAlike(from: string, to: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await lstat(from);
  await chown(to, uid, gid);
}

async function sync(path: string): Promise<number> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file?.close();
  }
}

const ifGone =
  <Value>(instead: Value) =>
  (error: NodeJS.ErrnoException): Value => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
