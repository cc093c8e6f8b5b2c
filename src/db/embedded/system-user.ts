/** Who PostgreSQL runs as when we are root, which it refuses, and what that user can reach. */
import type { Stats } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedPostgresError, USE_YOUR_OWN } from './embedded-error.ts';

export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

/** Whether this process is root, so that PostgreSQL needs another user. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * The user PostgreSQL must run as, undefined for ourselves. An existing cluster decides by its owner: one made by a
 * normal user stays that user's, also when root starts it once.
 */
export async function serverUser(clusterDir: string | undefined): Promise<SystemUser | undefined> {
  const owner = clusterDir === undefined ? undefined : await stat(clusterDir);
  if (!isRoot()) {
    if (owner && owner.uid !== process.geteuid?.()) throw await notOurs(clusterDir!, owner);
    return undefined;
  }
  const users = await readUsers();
  if (owner?.uid === 0) {
    throw new EmbeddedPostgresError(
      `The database folder ${clusterDir} belongs to root, and PostgreSQL refuses to run as root. ` +
        `Give it to the user it was made by (chown -R), or ${USE_YOUR_OWN}.`,
    );
  }
  if (owner) {
    const name = users.find(({ uid }) => uid === owner.uid)?.name ?? `uid ${owner.uid}`;
    return { name, uid: owner.uid, gid: owner.gid };
  }
  // initdb looks its user up, so that only one with an entry will do.
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody');
  if (user) return user;
  throw new EmbeddedPostgresError(
    'PostgreSQL refuses to run as root, and /etc/passwd has neither a user "postgres" nor "nobody" to run it as. ' +
      `Start Darkroom as a normal user, add one of the two, or ${USE_YOUR_OWN}.`,
  );
}

/** The outermost folder on the way to `path`, itself included, that `user` cannot enter; undefined when all are open. */
export async function folderClosedTo(user: SystemUser, path: string): Promise<string | undefined> {
  const folders = [await realpath(path)];
  while (dirname(folders[0]!) !== folders[0]) folders.unshift(dirname(folders[0]!));
  for (const folder of folders) {
    if (!mayEnter(user, await stat(folder))) return folder;
  }
  return undefined;
}

/** By the mode bits alone: an access list that allows more only costs us a detour. */
function mayEnter(user: SystemUser, { mode, uid, gid }: Stats): boolean {
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

async function notOurs(clusterDir: string, owner: Stats): Promise<EmbeddedPostgresError> {
  const name = (await readUsers()).find(({ uid }) => uid === owner.uid)?.name ?? `uid ${owner.uid}`;
  return new EmbeddedPostgresError(
    `The database folder ${clusterDir} belongs to the user ${name}: Darkroom was started as that user or as root ` +
      'before. Start it that way again, or set DARKROOM_DATA_DIR to another folder.',
  );
}

async function readUsers(): Promise<SystemUser[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
