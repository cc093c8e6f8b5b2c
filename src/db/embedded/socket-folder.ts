/** Where the server's socket is. Its path must fit a field of some 100 bytes in the kernel. */
import { chmod, chown, lstat, mkdir, mkdtemp, realpath, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, EmbeddedPostgresError } from './embedded-error.ts';
import { folderClosedTo, type SystemUser } from './system-user.ts';

const MAX_PATH_BYTES = 100;
const PREFIX = 'darkroom-';

/**
 * The folder for the socket: the cluster itself if its path is short enough, else a private one among the temporary
 * files. `previous`, where the last server had it, is taken again if it is still ours: whoever is connected there, or
 * will try again, finds the new server.
 */
export async function chooseSocketFolder(
  clusterDir: string,
  user: SystemUser | undefined,
  previous: string | undefined,
): Promise<string> {
  if (fits(clusterDir)) return clusterDir;
  if (previous && fits(previous) && (await isPrivateFolder(previous, user))) return previous;
  const folder = await mkdtemp(join(await temporaryFolder(user), PREFIX));
  if (user) await chown(folder, user.uid, user.gid);
  return folder;
}

/** Makes the folder again if somebody cleaned the temporary files. */
export async function restoreSocketFolder(folder: string, user: SystemUser | undefined): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
    await chmod(folder, 0o700);
    if (user) await chown(folder, user.uid, user.gid);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (await isPrivateFolder(folder, user)) return;
    throw new EmbeddedPostgresError(`The socket folder ${folder} is no longer ours alone.`, { cause: error });
  }
}

/** Removes the folder after the server is gone, unless it is the cluster or in use again. */
export async function removeSocketFolder(folder: string, clusterDir: string): Promise<void> {
  if (folder !== clusterDir) await rmdir(folder).catch(() => {});
}

async function temporaryFolder(user: SystemUser | undefined): Promise<string> {
  const folder = await realpath(tmpdir()).catch(() => '/tmp');
  if (!fits(join(folder, `${PREFIX}123456`))) return '/tmp';
  return user && (await folderClosedTo(user, folder)) ? '/tmp' : folder;
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= MAX_PATH_BYTES;
}

async function isPrivateFolder(folder: string, user: SystemUser | undefined): Promise<boolean> {
  const owner = user?.uid ?? process.geteuid?.();
  return lstat(folder).then(
    (found) => found.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0,
    () => false,
  );
}
