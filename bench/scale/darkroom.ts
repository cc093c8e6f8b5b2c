/** Darkroom as it runs on several machines: `darkroom api`, `darkroom worker`, and a PostgreSQL that is none of theirs. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { type Database, openDatabase, statement } from '../../src/db/database.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { serverEnv } from '../processes.ts';
import { fillWithRequests } from '../rows.ts';
import { createProcesses } from './processes-of-service.ts';
import { BENCH_MODEL, CONCURRENCY, type Service } from './service.ts';
import { cpuMsOf, killAtExit, spawnUntil } from './spawn.ts';

const log = pino({ level: 'fatal' });
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Of the embedded server's hundred, for eight processes with two to four beside. */
const CONNECTIONS_EACH = '6';

/** Where its requests wait. */
export const POOL = 'openai';

const backendPid = statement<{ pid: number }>('bench_pid', 'select pg_backend_pid() as pid');

export interface Darkroom extends Service {
  dataDir: string;
  /** A connection beside those that are measured. */
  db: Database;
  /** Of the first process of each kind. */
  pids: { api: number; worker: number };
}

export async function startDarkroom(dataDir: string, backendUrl: string): Promise<Darkroom> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  const { host, port } = postgres.connection;
  await migrate(postgres.connection, log);
  const db = openDatabase(postgres.connection, { maxConnections: 2, log });
  const env = {
    DATABASE_URL: `postgresql://darkroom@/darkroom?host=${host}&port=${port}`,
    ...serverEnv(dataDir),
    DARKROOM_MAX_RUNNING: '1000',
    DARKROOM_DATABASE_POOL: CONNECTIONS_EACH,
    DARKROOM_CONCURRENCY: String(CONCURRENCY),
    DARKROOM_SHUTDOWN_GRACE: '2s',
    OPENAI_BASE_URL: backendUrl,
  };
  const processes = createProcesses((kind) =>
    spawnUntil(process.execPath, [MAIN, kind], env, /ready at (http:\S+)/),
  );
  const serverPid = async (): Promise<number> => parentOf((await db.row(backendPid))!.pid);
  // Nobody can be waited for then.
  let lastPid = await serverPid();
  const ended = killAtExit(() => process.kill(lastPid, 'SIGINT'));
  return {
    name: 'Darkroom',
    dataDir,
    db,
    get addresses() {
      return processes.addresses;
    },
    get pids() {
      return processes.pids;
    },
    scaleTo: processes.scaleTo,
    cpuMs: async () => ({ ...(await processes.cpuMs()), database: await cpuMsOf(await serverPid()) }),
    async empty() {
      await db.script('truncate requests, rounds, files, usage, usage_by_day, lanes, spending cascade');
      await db.script('checkpoint');
    },
    fill: (count) => fillWithRequests(dataDir, count, 'queued', { modelId: BENCH_MODEL, pool: POOL }),
    async killAll() {
      const [pid, apis] = [await serverPid(), processes.addresses.length];
      await Promise.all([processes.killAll(), killTree(pid)]);
      // Its supervisor starts it again.
      while (!(await db.row(backendPid).catch(() => undefined)));
      lastPid = await serverPid();
      await processes.scaleTo(apis, apis);
    },
    async [Symbol.asyncDispose]() {
      await processes.stop();
      await db.close();
      await postgres.stop();
      ended();
    },
  };
}

async function parentOf(pid: number): Promise<number> {
  return Number(/PPid:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]);
}

async function killTree(pid: number): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  for (const each of [pid, ...children.trim().split(' ').map(Number)]) process.kill(each, 'SIGKILL');
}
