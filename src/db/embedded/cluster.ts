/** The folder with the database: finding it, or making it so that it is whole or not there at all. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, link, mkdtemp, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import {
  majorVersion,
  makeSystemDir,
  type PostgresBinaries,
  program,
  serverEnvironment,
} from './binaries.ts';
import { codeOf, EmbeddedPostgresError, USE_YOUR_OWN } from './embedded-error.ts';
import { folderClosedTo, type SystemUser } from './system-user.ts';

/** In the data folder: names a cluster that had to go elsewhere. */
const POINTER = 'postgres-location';
/** In the data folder: the cluster itself. */
const IN_PLACE = 'postgres';
const UNFINISHED = '.postgres-new-';
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

export interface ClusterPlan {
  dataDir: string;
  systemDir: string;
  binaries: PostgresBinaries;
  user: SystemUser | undefined;
  log: Logger;
  signal: AbortSignal | undefined;
}

/** The data folder's cluster, undefined if it has none yet. */
export async function findCluster(dataDir: string, systemDir: string): Promise<string | undefined> {
  const elsewhere = await readPointer(dataDir);
  if (elsewhere === undefined) {
    const inPlace = await realpath(join(dataDir, IN_PLACE)).catch(ifMissing(undefined));
    // An empty folder of that name is one that initdb may still fill.
    return inPlace === undefined || (await isEmpty(inPlace)) ? undefined : inPlace;
  }
  const pointer = join(dataDir, POINTER);
  if (dirname(elsewhere) !== systemDir) {
    throw new EmbeddedPostgresError(`${pointer} names ${elsewhere}, which is not below ${systemDir}.`);
  }
  const found = await stat(elsewhere).catch(ifMissing(undefined));
  if (found) return elsewhere;
  // Starting empty beside files that rows should name would look like lost data, and be it.
  throw new EmbeddedPostgresError(
    `The database of this data folder was in ${elsewhere} and is gone. ` +
      `Put it back, or remove ${pointer} to start with an empty one.`,
  );
}

/** Makes the data folder's cluster and returns its place, or another starter's if that one was quicker. */
export async function createCluster(plan: ClusterPlan): Promise<string> {
  const closed = plan.user && (await folderClosedTo(plan.user, plan.dataDir));
  if (!closed) return makeAt(plan, join(plan.dataDir, IN_PLACE));

  await makeSystemDir(plan.systemDir);
  const elsewhere = await makeAt(plan, join(plan.systemDir, randomUUID()));
  const place = await writePointer(plan.dataDir, elsewhere);
  if (place !== elsewhere) {
    await rm(elsewhere, { recursive: true, force: true });
    return place;
  }
  plan.log.warn(
    { place, closed, user: plan.user?.name },
    `the database is in ${place}, since ${closed} is closed to the user ${plan.user?.name} that PostgreSQL runs as: back it up and move it with the data folder`,
  );
  return place;
}

/** Throws if the cluster was made by another major version than the one at hand. */
export async function checkClusterVersion(clusterDir: string, binaries: PostgresBinaries): Promise<void> {
  const version = (
    await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch(ifMissing(undefined))
  )?.trim();
  if (version === majorVersion(binaries)) return;
  if (version === undefined) {
    throw new EmbeddedPostgresError(
      `${clusterDir} holds something, but not a PostgreSQL database (no PG_VERSION). Move it away, or set DARKROOM_DATA_DIR to another folder.`,
    );
  }
  throw new EmbeddedPostgresError(
    `The database in ${clusterDir} was made by PostgreSQL ${version}; this Darkroom brings ${majorVersion(binaries)}. ` +
      `Start it with a Darkroom that brings ${version}, save its content with that version's pg_dump and restore it into a new data folder; ` +
      `or run PostgreSQL ${version} on it yourself and ${USE_YOUR_OWN}.`,
  );
}

/** Removes what killed starts left unfinished. Whoever is still at it finds the cluster there and takes that. */
export async function removeUnfinished(dataDir: string, systemDir: string): Promise<void> {
  // Below the shared folder they may be of others, so age decides.
  for (const [folder, minAgeMs] of [
    [dataDir, 0],
    [systemDir, ABANDONED_AFTER_MS],
  ] as const) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!name.startsWith(UNFINISHED)) continue;
      const path = join(folder, name);
      const modified = await stat(path).catch(() => undefined);
      if (!modified || Date.now() - modified.mtimeMs < minAgeMs) continue;
      // An initdb that outlived its killed parent may still be writing: hence the retries, and no failure.
      await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => {});
    }
  }
}

async function makeAt(plan: ClusterPlan, place: string): Promise<string> {
  const unfinished = await mkdtemp(join(dirname(place), UNFINISHED));
  try {
    if (plan.user) await chown(unfinished, plan.user.uid, plan.user.gid);
    await runInitdb(plan, unfinished);
    await rename(unfinished, place);
    await syncFolder(dirname(place));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    // Another starter was quicker; it may even have cleared ours away under initdb.
    if (plan.signal?.aborted || !(await stat(join(place, 'PG_VERSION')).catch(() => undefined))) throw error;
  }
  return place;
}

async function runInitdb(plan: ClusterPlan, folder: string): Promise<void> {
  const startedAt = performance.now();
  const args = [
    ...['--pgdata', folder, '--username', 'darkroom', '--encoding', 'UTF8', '--no-instructions'],
    // Sorting by code point is fast and the same on every machine; upper and lower case still know all of Unicode.
    ...['--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    // Who may enter the socket's folder (0700) may connect; nobody may by TCP.
    ...['--auth-local', 'trust', '--auth-host', 'reject'],
    // Some containers promise huge pages and then kill whoever touches one.
    ...['--set', 'huge_pages=off'],
  ];
  try {
    await promisify(execFile)(program(plan.binaries, 'initdb'), args, {
      cwd: '/',
      env: serverEnvironment(),
      ...(plan.user && { uid: plan.user.uid, gid: plan.user.gid }),
      ...(plan.signal && { signal: plan.signal }),
    });
  } catch (error) {
    plan.signal?.throwIfAborted();
    throw initdbFailed(plan, error);
  }
  plan.log.debug({ durationMs: Math.round(performance.now() - startedAt) }, 'made a PostgreSQL cluster');
}

function initdbFailed(plan: ClusterPlan, error: unknown): EmbeddedPostgresError {
  const { stderr = '', message } = error as { stderr?: string; message: string };
  let reason = stderr.trim() || message;
  if (codeOf(error) === 'ENOENT')
    reason = 'its programs need the GNU C library, which this system does not have';
  if (codeOf(error) === 'EPERM' || codeOf(error) === 'EINVAL') {
    reason = `this root may not run programs as the user ${plan.user?.name} (a restricted container?); start Darkroom as a normal user`;
  }
  if (stderr.includes('could not look up effective user ID')) {
    reason = `the user id ${process.geteuid?.()} has no entry in /etc/passwd; add one`;
  }
  return new EmbeddedPostgresError(
    `The embedded PostgreSQL could not be set up: ${reason}. Otherwise ${USE_YOUR_OWN}.`,
    {
      cause: error,
    },
  );
}

async function readPointer(dataDir: string): Promise<string | undefined> {
  return (await readFile(join(dataDir, POINTER), 'utf8').catch(ifMissing(undefined)))?.trim();
}

/** Writes the pointer whole and only if there is none; returns what it says then. */
async function writePointer(dataDir: string, place: string): Promise<string> {
  const unfinished = join(dataDir, `${UNFINISHED}${randomUUID()}`);
  {
    await using file = await open(unfinished, 'wx');
    await file.writeFile(`${place}\n`);
    await file.sync();
  }
  try {
    await link(unfinished, join(dataDir, POINTER));
    await syncFolder(dataDir);
    return place;
  } catch (error) {
    // Another starter was quicker, and may have cleared our unfinished file away.
    const written = await readPointer(dataDir);
    if (written === undefined) throw error;
    return written;
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}

async function isEmpty(folder: string): Promise<boolean> {
  // One we may not read is somebody's cluster.
  return readdir(folder).then(
    (names) => names.length === 0,
    () => false,
  );
}

function ifMissing<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return value;
    throw error;
  };
}
