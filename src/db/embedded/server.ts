/** The server process of a cluster: started or adopted, waited for, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type PostgresBinaries, program, serverEnvironment } from './binaries.ts';
import { codeOf, EmbeddedPostgresError } from './embedded-error.ts';
import { boundLogFile, logSize, openLogFile, readLogSince } from './log-file.ts';
import { isAlive, isServerOf, type PostmasterFile, readPostmasterFile } from './postmaster.ts';
import { connectionThrough, probe } from './probe.ts';
import { settingArguments } from './settings.ts';
import { chooseSocketFolder, removeSocketFolder, restoreSocketFolder } from './socket-folder.ts';
import type { SystemUser } from './system-user.ts';

/** Long enough to replay all the log that `max_wal_size` allows on a slow disk. */
const READY_WITHIN_MS = 120_000;
const ASK_EVERY_MS = 10;
const TRY_AGAIN_AFTER_MS = 100;
const FAST_STOP_MS = 30_000;
const IMMEDIATE_STOP_MS = 10_000;

export interface ServerPlace {
  clusterDir: string;
  binaries: PostgresBinaries;
  user: SystemUser | undefined;
  logPath: string;
  log: Logger;
}

export interface RunningServer {
  pid: number;
  socketFolder: string;
  /** Undefined if it was running before: adopted. */
  child: ChildProcess | undefined;
}

interface Started {
  child: ChildProcess;
  socketFolder: string;
  /** Made for this start alone, so that nobody else can be about to use it. */
  madeSocketFolder: boolean;
  logOffset: number;
}

/**
 * Returns once a server of this cluster takes statements: the one that is running, or a new one. Several may do this at
 * once; PostgreSQL lets one server win, and the others take that.
 * @param socketFolder where it must be found, if that was told to others already
 */
export async function ensureRunning(
  place: ServerPlace,
  options: { socketFolder?: string; signal?: AbortSignal | undefined } = {},
): Promise<RunningServer> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  let ours: Started | undefined;
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const file = await readPostmasterFile(place.clusterDir);
      if (file && (await isServerOf(place.clusterDir, file.pid))) {
        if (await answers(file)) return taken(file, ours, place);
      } else if (ours === undefined) {
        if (file) await refuseUnseenServer(place, file);
        ours = await startServer(place, file, options.socketFolder);
      }
      if (ours && hasExited(ours.child)) {
        await explainExit(place, ours);
        if (ours.madeSocketFolder) await removeSocketFolder(ours.socketFolder, place.clusterDir);
        ours = undefined;
        await delay(TRY_AGAIN_AFTER_MS);
      }
      if (performance.now() > giveUpAt) {
        // Left alone: in the middle of recovery it would only have to begin again.
        ours = undefined;
        throw await tooSlow(place, file);
      }
      await delay(ASK_EVERY_MS);
    }
  } catch (error) {
    if (ours) await stopServer({ ...ours, pid: ours.child.pid! }, place);
    throw error;
  }
}

/** Shuts the server down at once but cleanly and waits until it is gone; clients are disconnected. */
export async function stopServer(server: RunningServer, place: ServerPlace): Promise<void> {
  server.child?.ref();
  for (const [signal, withinMs] of [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', IMMEDIATE_STOP_MS],
  ] as const) {
    // Asked right before every kill: a number alone may be somebody else's by now.
    if (!(await isRunning(server, place))) break;
    sendSignal(server.pid, signal);
    await goneWithin(server, place, withinMs);
    if (await isRunning(server, place)) place.log.warn({ pid: server.pid, signal }, 'slow to stop');
  }
  if (await isRunning(server, place))
    throw new EmbeddedPostgresError(`PostgreSQL (process ${server.pid}) does not stop.`);
  await removeSocketFolder(server.socketFolder, place.clusterDir);
}

/** Resolves when the server is gone; rejects when `signal` is aborted. Does not keep the process alive. */
export async function waitUntilGone(
  server: RunningServer,
  place: ServerPlace,
  signal: AbortSignal,
  askEveryMs = 1000,
): Promise<void> {
  if (server.child) {
    if (!hasExited(server.child)) await once(server.child, 'exit', { signal });
    return;
  }
  while (await isRunning(server, place)) await delay(askEveryMs, undefined, { signal, ref: false });
}

async function startServer(
  place: ServerPlace,
  stale: PostmasterFile | undefined,
  wantedSocketFolder: string | undefined,
): Promise<Started> {
  const socketFolder =
    wantedSocketFolder ?? (await chooseSocketFolder(place.clusterDir, place.user, stale?.socketFolder));
  if (wantedSocketFolder) await restoreSocketFolder(wantedSocketFolder, place.user);
  await boundLogFile(place.logPath);
  const logOffset = await logSize(place.logPath);
  await using logFile = await openLogFile(place.logPath);
  const child = spawn(
    program(place.binaries, 'postgres'),
    ['-D', place.clusterDir, '-k', socketFolder, ...settingArguments()],
    {
      cwd: '/',
      // A session of its own: Ctrl-C in the terminal is for us, who stop it when nobody needs it any more.
      detached: true,
      stdio: ['ignore', logFile.fd, logFile.fd],
      // It takes any living process of this number for a server of this cluster, but for its "grandparent". We know
      // better. Taking its file away instead would also take its check for left-over children of the old server.
      env: { ...serverEnvironment(), ...(stale && { PG_GRANDPARENT_PID: String(stale.pid) }) },
      ...(place.user && { uid: place.user.uid, gid: place.user.gid }),
    },
  );
  child.unref();
  try {
    await once(child, 'spawn');
  } catch (error) {
    await removeSocketFolder(socketFolder, place.clusterDir);
    throw new EmbeddedPostgresError(`PostgreSQL could not be started: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const madeSocketFolder = !wantedSocketFolder && socketFolder !== stale?.socketFolder;
  return { child, socketFolder, madeSocketFolder, logOffset };
}

async function answers(file: PostmasterFile): Promise<boolean> {
  if (file.status !== 'ready' || file.socketFolder === '') return false;
  const answer = await probe(connectionThrough(file.socketFolder));
  return answer === 'ready' || answer === 'busy';
}

async function taken(
  file: PostmasterFile,
  ours: Started | undefined,
  place: ServerPlace,
): Promise<RunningServer> {
  const { pid, socketFolder } = file;
  if (ours?.child.pid === pid) return { pid, socketFolder, child: ours.child };
  if (ours?.madeSocketFolder && ours.socketFolder !== socketFolder)
    await removeSocketFolder(ours.socketFolder, place.clusterDir);
  return { pid, socketFolder, child: undefined };
}

/** A container that shares the folder but not our process ids: its server answers although its process is not here. */
async function refuseUnseenServer(place: ServerPlace, file: PostmasterFile): Promise<void> {
  if (file.socketFolder === '' || (await probe(connectionThrough(file.socketFolder))) === 'absent') return;
  // It may just have come up, started by another.
  const now = await readPostmasterFile(place.clusterDir);
  if (now?.pid !== file.pid || (await isServerOf(place.clusterDir, now.pid))) return;
  throw new EmbeddedPostgresError(
    `The database in ${place.clusterDir} is in use by a PostgreSQL whose process cannot be seen from here, as from another container. ` +
      'Stop the Darkroom there, or set DARKROOM_DATA_DIR to another folder.',
  );
}

/** Returns if trying again makes sense, else throws with what the server said. */
async function explainExit(place: ServerPlace, { child, logOffset }: Started): Promise<void> {
  const said = await readLogSince(place.logPath, logOffset);
  // Another starter won; or children of a killed server have not noticed its death yet.
  if (/lock file ".*" (already exists|is empty)|pre-existing shared memory block/.test(said)) return;
  const how = child.signalCode ?? `code ${child.exitCode}`;
  throw new EmbeddedPostgresError(
    `PostgreSQL ended while starting (${how}). It said:\n${said || '(nothing)'}\nIts log is ${place.logPath}.`,
  );
}

async function tooSlow(place: ServerPlace, file: PostmasterFile | undefined): Promise<EmbeddedPostgresError> {
  const state = file && (await isAlive(file.pid)) ? `process ${file.pid}, "${file.status}"` : 'not running';
  return new EmbeddedPostgresError(
    `PostgreSQL in ${place.clusterDir} did not become ready within ${READY_WITHIN_MS / 1000} s (${state}). Its log is ${place.logPath}.`,
  );
}

async function goneWithin(server: RunningServer, place: ServerPlace, withinMs: number): Promise<void> {
  const limit = AbortSignal.timeout(withinMs);
  // The wait itself must keep us alive here.
  const alive = setInterval(() => {}, 1000);
  try {
    await waitUntilGone(server, place, limit, ASK_EVERY_MS);
  } catch (error) {
    if (!limit.aborted) throw error;
  } finally {
    clearInterval(alive);
  }
}

async function isRunning(server: RunningServer, place: ServerPlace): Promise<boolean> {
  return server.child ? !hasExited(server.child) : isServerOf(place.clusterDir, server.pid);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone on its own in the last instant.
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
