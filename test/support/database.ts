/** A test server's own PostgreSQL: looked into, changed behind the server's back, and killed. */
import pg from 'pg';
import { pino } from 'pino';
import { createAccount, type NewAccount } from '../../src/accounts/accounts.ts';
import { createKey } from '../../src/accounts/keys.ts';
import { type ConnectionTarget, clientOptions } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/database.ts';
import { findCluster } from '../../src/db/embedded/cluster.ts';
import { isAlive, isServerOf, readPostmasterFile } from '../../src/db/embedded/postmaster.ts';
import { connectionThrough } from '../../src/db/embedded/probe.ts';

/** Where root keeps clusters that cannot be below the data folder. */
const SYSTEM_DIR = '/var/lib/darkroom';

/** The folder of a data folder's PostgreSQL. */
export async function clusterOf(dataDir: string): Promise<string> {
  const clusterDir = await findCluster(dataDir, SYSTEM_DIR);
  if (!clusterDir) throw new Error(`${dataDir} has no PostgreSQL`);
  return clusterDir;
}

async function postmaster(dataDir: string): Promise<{ pid: number; socketFolder: string }> {
  const file = await readPostmasterFile(await clusterOf(dataDir));
  if (!file) throw new Error(`no PostgreSQL runs in ${dataDir}`);
  return file;
}

/** How the server in `dataDir` reaches its database. */
export const targetOf = async (dataDir: string): Promise<ConnectionTarget> =>
  connectionThrough((await postmaster(dataDir)).socketFolder);

export interface Peek extends AsyncDisposable {
  /** Statements without parameters, on one connection. */
  script(text: string): Promise<void>;
  /** Rows of any statement. A connection that the server's death broke is replaced at the next use. */
  // biome-ignore lint/suspicious/noExplicitAny: a test's statement says what its rows are.
  rows<Row = any>(text: string, values?: unknown[]): Promise<Row[]>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  row<Row = any>(text: string, values?: unknown[]): Promise<Row>;
}

/** Looks into the database of a running server beside it. */
export async function peekInto(dataDir: string): Promise<Peek> {
  return peekThrough(await targetOf(dataDir));
}

export function peekThrough(target: ConnectionTarget): Peek {
  const pool = new pg.Pool({ ...clientOptions(target, 'darkroom test'), max: 2 });
  pool.on('error', () => {});
  const rows = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await pool.query({ text, values })).rows as Row[];
  return {
    async script(text) {
      await pool.query(text);
    },
    rows,
    async row<Row>(text: string, values?: unknown[]) {
      return (await rows<Row>(text, values))[0]!;
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}

/** SIGKILL to the postmaster, as by an out-of-memory killer. @returns its process id. */
export async function killPostgres(dataDir: string): Promise<number> {
  const { pid } = await postmaster(dataDir);
  process.kill(pid, 'SIGKILL');
  return pid;
}

/** Whether another postmaster than `killedPid` takes statements now. */
export async function restartedSince(dataDir: string, killedPid: number): Promise<boolean> {
  const file = await readPostmasterFile(await clusterOf(dataDir));
  return file !== undefined && file.pid !== killedPid && file.status === 'ready';
}

/** For a test whose server was killed and may have left its PostgreSQL behind. */
export async function stopLeftPostgres(dataDir: string): Promise<void> {
  const left = await postmaster(dataDir).catch(() => undefined);
  if (!left || !(await isServerOf(await clusterOf(dataDir), left.pid))) return;
  process.kill(left.pid, 'SIGQUIT');
  await eventually(async () => !(await isAlive(left.pid)));
}

export interface TestAccount {
  accountId: string;
  keyId: string;
  key: string;
}

/** An account of its own, with a key that may do everything. */
export async function addAccount(dataDir: string, account: NewAccount): Promise<TestAccount> {
  await using db = openDatabase(await targetOf(dataDir), {
    maxConnections: 1,
    log: pino({ level: 'silent' }),
  });
  const accountId = await createAccount(db, account);
  const { row, secret } = await createKey(db, { accountId, name: account.name, scopes: ['admin'] });
  return { accountId, keyId: row.id, key: secret };
}

/** Resolves with what `look` gives once it is neither undefined nor false; the test's timeout bounds it. */
export async function eventually<Value>(
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
  everyMs = 25,
): Promise<Value> {
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value as Value;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
