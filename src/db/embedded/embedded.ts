/** A real PostgreSQL of our own below the data folder, for when no DATABASE_URL is given. */
import { constants } from 'node:fs';
import { access, mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { binariesFor, findBinaries, type PostgresBinaries } from './binaries.ts';
import { checkClusterVersion, createCluster, findCluster, removeUnfinished } from './cluster.ts';
import { codeOf, EmbeddedPostgresError } from './embedded-error.ts';
import { connectionThrough, type SocketConnection } from './probe.ts';
import { ensureRunning, type ServerPlace, stopServer } from './server.ts';
import { supervise } from './supervise.ts';
import { folderClosedTo, serverUser } from './system-user.ts';

export { EmbeddedPostgresError } from './embedded-error.ts';
export { acquireInstanceLock, type InstanceLock, isInstanceLockFree } from './instance-lock.ts';

export interface EmbeddedPostgres extends AsyncDisposable {
  /** For `pg`. */
  readonly connection: SocketConnection;
  /** It was running already: started by another process, or left behind by one that was killed. */
  readonly adopted: boolean;
  /** Shuts the server down and waits until it is gone. After `detach` it does nothing. */
  stop(): Promise<void>;
  /** Leaves the server running and stops looking after it. */
  detach(): void;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  log: Logger;
  signal?: AbortSignal;
  /** Where root keeps what the user PostgreSQL runs as cannot reach in its usual place. */
  systemDir?: string;
  /** Those of the npm package by default. */
  binaries?: PostgresBinaries;
}

/**
 * Returns a PostgreSQL that takes statements: the data folder's running one, or a new one, made first if need be. It is
 * started again whenever it dies, until `stop` or `detach`.
 * @throws {EmbeddedPostgresError} with what the operator can do about it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const startedAt = performance.now();
  const { log, signal } = options;
  const place = await prepare(options);
  const server = await ensureRunning(place, { signal });
  const adopted = server.child === undefined;
  log.info(
    {
      pid: server.pid,
      adopted,
      place: place.clusterDir,
      durationMs: Math.round(performance.now() - startedAt),
    },
    adopted ? 'using the PostgreSQL that is already running' : 'started PostgreSQL',
  );

  const supervision = supervise(server, place);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= supervision.end().then((last) => stopServer(last, place));
    return stopped;
  };
  return {
    connection: connectionThrough(server.socketFolder),
    adopted,
    stop,
    detach: () => {
      stopped ??= supervision.end().then(() => {});
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function prepare(options: EmbeddedPostgresOptions): Promise<ServerPlace> {
  const { log, signal, systemDir = '/var/lib/darkroom' } = options;
  const dataDir = await makeDataDir(options.dataDir);
  const packaged = options.binaries ?? (await findBinaries());
  const existing = await findCluster(dataDir, systemDir);
  const user = await serverUser(existing);
  const binaries = await binariesFor(user, packaged, systemDir);
  const clusterDir = existing ?? (await createCluster({ dataDir, systemDir, binaries, user, log, signal }));
  await removeUnfinished(dataDir, systemDir);
  await checkClusterVersion(clusterDir, binaries);
  const closed = user && (await folderClosedTo(user, clusterDir));
  if (closed) {
    throw new EmbeddedPostgresError(
      `The database is in ${clusterDir}, and the user ${user.name} it runs as can no longer enter ${closed}. Open that folder to it (chmod o+x ${closed}).`,
    );
  }
  return { clusterDir, binaries, user, logPath: join(dataDir, 'postgres.log'), log };
}

async function makeDataDir(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(dataDir);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The data folder ${resolve(dataDir)} cannot be written (${codeOf(error)}). Make it writable for this user, or set DARKROOM_DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}
