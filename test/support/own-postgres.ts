/** PostgreSQL servers with settings of the test's own, that nobody looks after: they stay dead, and can stand by for each other. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { binariesFor, findBinaries, program, serverEnvironment } from '../../src/db/embedded/binaries.ts';
import { connectionThrough, probe, type SocketConnection } from '../../src/db/embedded/probe.ts';
import { settingArguments } from '../../src/db/embedded/settings.ts';
import { serverUser } from '../../src/db/embedded/system-user.ts';
import { copyCluster } from './cluster-template.ts';
import { eventually, type Peek, peekThrough } from './database.ts';
import { temporaryFolder } from './server.ts';

export interface OwnPostgres extends AsyncDisposable {
  connection: SocketConnection;
  /** For `net.connect`. */
  socket: { path: string };
  peek: Peek;
  /** Stands still with all its processes; nobody is told. */
  suspend(): void;
  /** SIGKILL to all its processes. */
  kill(): Promise<void>;
}

/** @param prepare the folder of the cluster, before its start */
export async function startOwnPostgres(
  settings: Record<string, string> = {},
  prepare: (clusterDir: string) => Promise<void> = async () => {},
): Promise<OwnPostgres> {
  const dataDir = await temporaryFolder();
  await copyCluster(dataDir);
  const clusterDir = join(dataDir, 'postgres');
  await prepare(clusterDir);
  const user = await serverUser(clusterDir);
  const binaries = await binariesFor(user, await findBinaries(), '/var/lib/darkroom');
  const own = { shared_buffers: '16MB', ...settings };
  const child = spawn(
    program(binaries, 'postgres'),
    [
      ...['-D', clusterDir, '-k', clusterDir, ...settingArguments()],
      ...Object.entries(own).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      cwd: '/',
      stdio: 'ignore',
      env: serverEnvironment(),
      ...(user && { uid: user.uid, gid: user.gid }),
    },
  );
  const exited = once(child, 'exit');
  const connection = connectionThrough(clusterDir);
  const peek = peekThrough(connection);
  await eventually(async () => (await probe(connection)) === 'ready');
  const kill = async (): Promise<void> => {
    signalAll(child, 'SIGKILL');
    await exited;
  };
  return {
    connection,
    socket: { path: `${connection.host}/.s.PGSQL.${connection.port}` },
    peek,
    suspend: () => signalAll(child, 'SIGSTOP'),
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await peek[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

/** Its processes are in sessions of their own: the first is stopped from making more, then each is told. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGSTOP');
  const { stdout } = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' });
  for (const pid of stdout.split('\n').filter(Boolean).map(Number)) process.kill(pid, signal);
  child.kill(signal);
}

export interface ReplicatedPostgres extends AsyncDisposable {
  primary: OwnPostgres;
  standby: OwnPostgres;
}

/** Two, of which the second has all that the first has acknowledged. */
export async function startReplicatedPostgres(): Promise<ReplicatedPostgres> {
  await using cleanup = new AsyncDisposableStack();
  const primary = cleanup.use(await startOwnPostgres({ synchronous_standby_names: '*' }));
  const { host, port, user } = primary.connection;
  const standby = cleanup.use(
    // Of the same template, and so of the same line: it begins where the first has begun.
    await startOwnPostgres({ primary_conninfo: `host=${host} port=${port} user=${user}` }, (clusterDir) =>
      writeFile(join(clusterDir, 'standby.signal'), ''),
    ),
  );
  await eventually(async () => {
    const [link] = await primary.peek.rows('select sync_state from pg_stat_replication');
    return link?.sync_state === 'sync';
  });
  const opened = cleanup.move();
  return { primary, standby, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
