/**
 * Files on a disk: `<directory>/objects/<area>/<fan-out>/<name>`, written by way of `<directory>/temporary`.
 * Nothing is acknowledged before the bytes, the name and the folders that lead to it are on the disk.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import {
  type ByteRange,
  checkRange,
  checkStoreKey,
  FileMissing,
  type FileStore,
  FileTooLarge,
  type ReadOptions,
  type StoredBytes,
  StoreFull,
  type StoreKey,
  StoreUnavailable,
  type Unremoved,
} from './store.ts';

const LEFTOVER_AGE_MS = 60 * 60 * 1000;
/** Hashing more than this at once would hold up the event loop for too long. */
const CHUNK_BYTES = 1024 * 1024;
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** A disk that is gone, failing, read-only or closed to us, a folder that is no longer one, no file handle to spare. */
const NOT_WORKING =
  /^(EACCES|EBUSY|EEXIST|EIO|EISDIR|ELOOP|EMFILE|ENFILE|ENODEV|ENOENT|ENOTDIR|ENXIO|EPERM|EROFS|ESTALE)$/;

/** Opens the store in `directory` (made if missing) and clears what interrupted writes left behind. */
export async function openDiskStore(directory: string): Promise<FileStore> {
  const objects = resolve(directory, 'objects');
  const temporary = resolve(directory, 'temporary');
  await makeFolders(objects);
  await makeFolders(temporary);
  await removeLeftovers(temporary);
  const folders = durableFolders(objects);

  async function write(
    key: StoreKey,
    source: Buffer | Readable,
    options: { maxBytes?: number; signal?: AbortSignal } = {},
  ): Promise<StoredBytes> {
    const path = pathOf(objects, key);
    const temporaryPath = join(temporary, randomUUID());
    try {
      const stored = await writeDurably(temporaryPath, source, options);
      await folders.moveInto(dirname(path), temporaryPath, path);
      return stored;
    } catch (error) {
      if (!Buffer.isBuffer(source)) source.destroy();
      // The next start clears what cannot be removed now; the reason of the failure matters more.
      await rm(temporaryPath, { force: true }).catch(() => {});
      throw explained(error);
    }
  }

  async function read(key: StoreKey, { range, signal }: ReadOptions = {}): Promise<Readable> {
    signal?.throwIfAborted();
    const handle = await openToRead(objects, key);
    try {
      if (range) await checkRangeOf(handle, range);
      return handle.createReadStream({
        ...(range && { start: range.start, end: range.end }),
        ...(signal && { signal }),
      });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async function readAll(key: StoreKey, { signal }: { signal?: AbortSignal } = {}): Promise<Buffer> {
    signal?.throwIfAborted();
    await using handle = await openToRead(objects, key);
    return await handle.readFile();
  }

  async function size(key: StoreKey): Promise<number | undefined> {
    try {
      return (await stat(pathOf(objects, key))).size;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw explained(error);
    }
  }

  async function remove(key: StoreKey): Promise<void> {
    await rm(pathOf(objects, key), { force: true });
  }

  async function removeMany(keys: readonly StoreKey[]): Promise<Unremoved[]> {
    for (const key of keys) checkStoreKey(key);
    const unremoved: Unremoved[] = [];
    for (const key of keys) await remove(key).catch((error) => unremoved.push({ key, error }));
    return unremoved;
  }

  async function check(): Promise<void> {
    const key = `check/${randomUUID()}`;
    const written = Buffer.from(key);
    await write(key, written);
    try {
      if (!written.equals(await readAll(key)))
        throw new Error('the file store gives back other bytes than it was given');
    } finally {
      await remove(key);
    }
  }

  return {
    description: directory,
    write,
    read,
    readAll,
    size,
    remove,
    removeMany,
    check,
    async [Symbol.asyncDispose]() {},
  };
}

/**
 * Where a key's bytes are. The 4096 folders per area, by hash, keep each small even with hundreds of millions of files;
 * `+`, which no key contains, stands for further slashes, so that no key is another one's folder.
 */
function pathOf(objects: string, key: StoreKey): string {
  checkStoreKey(key);
  const slash = key.indexOf('/');
  const fanOut = createHash('sha256').update(key).digest('hex').slice(0, 3);
  return join(objects, key.slice(0, slash), fanOut, key.slice(slash + 1).replaceAll('/', '+'));
}

async function writeDurably(
  path: string,
  source: Buffer | Readable,
  { maxBytes = Number.POSITIVE_INFINITY, signal }: { maxBytes?: number; signal?: AbortSignal },
): Promise<StoredBytes> {
  if (Buffer.isBuffer(source) && source.length > maxBytes) throw new FileTooLarge(maxBytes);
  signal?.throwIfAborted();
  if (signal && !Buffer.isBuffer(source)) addAbortSignal(signal, source);
  const hash = createHash('sha256');
  let bytes = 0;
  await using handle = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of chunksOf(source)) {
      signal?.throwIfAborted();
      bytes += chunk.length;
      if (bytes > maxBytes) throw new FileTooLarge(maxBytes);
      hash.update(chunk);
      // Unlike `write`, goes on until all of the chunk is written.
      await handle.writeFile(chunk);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  await handle.sync();
  return { bytes, sha256: hash.digest('hex') };
}

async function* chunksOf(source: Buffer | Readable): AsyncGenerator<Buffer> {
  for await (const piece of Buffer.isBuffer(source) ? [source] : source) {
    const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
  }
}

/** Folders below `root`, made when first needed and known to be on the disk before anything is named in them. */
function durableFolders(root: string) {
  // One promise a folder, so that of two writers neither goes on before the folder's own entry is synced.
  const ready = new Map<string, Promise<void>>();

  async function make(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(dirname(folder));
    await syncFolder(root);
  }

  function prepare(folder: string): Promise<void> {
    const known = ready.get(folder);
    if (known) return known;
    const making = make(folder);
    ready.set(folder, making);
    making.catch(() => ready.delete(folder));
    return making;
  }

  async function moveInto(folder: string, from: string, to: string): Promise<void> {
    await prepare(folder);
    try {
      await rename(from, to);
    } catch (error) {
      // Someone tidied up empty folders while we run.
      if (codeOf(error) !== 'ENOENT') throw error;
      ready.delete(folder);
      await prepare(folder);
      await rename(from, to);
    }
    await syncFolder(folder);
  }

  return { moveInto };
}

/** Makes a folder and those above it that are missing, each entry on the disk. */
async function makeFolders(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync().catch((error) => {
    // Some network file systems know no fsync of a folder.
    if (!['EINVAL', 'ENOTSUP'].includes(codeOf(error))) throw error;
  });
}

async function openToRead(objects: string, key: StoreKey): Promise<FileHandle> {
  try {
    return await open(pathOf(objects, key), 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new FileMissing(`no file ${key}`, { cause: error });
    throw explained(error);
  }
}

async function checkRangeOf(handle: FileHandle, range: ByteRange): Promise<void> {
  checkRange(range);
  const { size } = await handle.stat();
  if (range.start >= size) throw new RangeError(`no bytes from ${range.start} in a file of ${size}`);
}

/** Young ones may be another process's writes in progress. */
async function removeLeftovers(temporary: string): Promise<void> {
  const oldest = Date.now() - LEFTOVER_AGE_MS;
  for (const name of await readdir(temporary)) {
    const path = join(temporary, name);
    const found = await stat(path).catch(() => undefined);
    if (found && found.mtimeMs < oldest) await rm(path, { force: true, recursive: true });
  }
}

/** In the store's words, where the disk is to blame. */
function explained(error: unknown): unknown {
  const code = codeOf(error);
  if (NO_SPACE.has(code)) return new StoreFull('no space left for files', { cause: error });
  if (NOT_WORKING.test(code))
    return new StoreUnavailable(`the disk for files does not work (${code})`, { cause: error });
  return error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
