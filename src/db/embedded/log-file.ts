/**
 * The server's log: a file, since the server may outlive us. It only ever grows by what goes wrong, but a fault that
 * repeats must not fill the disk.
 */
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isRoot } from './system-user.ts';

const MAX_BYTES = 10 * 1024 * 1024;

/** Opens the log for a server to append to. */
export async function openLogFile(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  if (isRoot()) {
    // The data folder's owner must be able to start without root again.
    const { uid, gid } = await stat(dirname(path));
    await file.chown(uid, gid);
  }
  return file;
}

/** Moves the log's content to `<path>.1` when it is past `maxBytes`; the server goes on appending to the same file. */
export async function boundLogFile(path: string, maxBytes = MAX_BYTES): Promise<void> {
  const size = await logSize(path);
  if (size <= maxBytes) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}

/** How long the log is now: the place to read from later. */
export async function logSize(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** What was logged after `offset`, its last 4,000 bytes. */
export async function readLogSince(path: string, offset: number): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const start = Math.max(offset > size ? 0 : offset, size - 4000);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4000), 0, 4000, start);
  return buffer.toString('utf8', 0, bytesRead).trim();
}
