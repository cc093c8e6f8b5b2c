/** What the tests of this folder share: folders that are gone afterwards, and starters in processes of their own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { pino } from 'pino';
import { expect } from 'vitest';
import type { SocketConnection } from './probe.ts';

export const silent = pino({ level: 'silent' });

/** A folder of the test's own. When it goes, nothing may be running on it any more. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'darkroom-test-')));
  // Closed, as it is made, PostgreSQL started by root could not be below it.
  await chmod(path, 0o755);
  return {
    path,
    async [Symbol.asyncDispose]() {
      const left = processesNaming(path);
      for (const pid of left) process.kill(pid, 'SIGKILL');
      await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      expect(left, 'processes left running').toEqual([]);
    },
  };
}

/** Ids of the processes that have `text` on their command line. */
export function processesNaming(text: string): number[] {
  try {
    return execFileSync('pgrep', ['-f', '--', text], { encoding: 'utf8' }).trim().split('\n').map(Number);
  } catch {
    return [];
  }
}

export async function query<Row extends pg.QueryResultRow>(
  connection: pg.ClientConfig,
  statement: string,
): Promise<Row[]> {
  const client = new pg.Client(connection);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Resolves with what `attempt` returns once it neither throws nor returns undefined; the test's own timeout bounds it. */
export async function eventually<Value>(attempt: () => Promise<Value | undefined>): Promise<Value> {
  for (;;) {
    const value = await attempt().catch(() => undefined);
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Starter extends AsyncDisposable {
  process: ChildProcess;
  /** What it said first: how it went. */
  started: Promise<{ connection: SocketConnection; adopted: boolean; error?: string }>;
  /** SIGKILL, as by an out-of-memory killer. */
  kill(): Promise<void>;
  /** Lets it stop its server and end. */
  finish(): Promise<void>;
}

/** Starts the embedded PostgreSQL from another process, which then holds it until told otherwise. */
export function startElsewhere(
  dataDir: string,
  options: { uid?: number; gid?: number; systemDir?: string } = {},
): Starter {
  const { systemDir, ...user } = options;
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)};
    import { pino } from ${JSON.stringify(import.meta.resolve('pino'))};
    const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
    const [dataDir, systemDir] = JSON.parse(process.env.STARTER);
    try {
      const log = pino({ level: 'silent' });
      const database = await startEmbeddedPostgres({ dataDir, log, ...(systemDir && { systemDir }) });
      say({ connection: database.connection, adopted: database.adopted });
      for await (const _ of process.stdin) break;
      await database.stop();
    } catch (error) {
      say({ error: error.name + ': ' + error.message });
    }
    process.exit();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    // Not on the command line: there it would be taken for a server that was left.
    env: { ...process.env, STARTER: JSON.stringify([dataDir, systemDir]) },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...user,
  });
  const exited = once(child, 'exit');
  const firstLine = once(createInterface({ input: child.stdout! }), 'line').then(([line]) =>
    JSON.parse(line as string),
  );
  const finish = async (): Promise<void> => {
    child.stdin!.on('error', () => {});
    child.stdin!.end('finish');
    await exited;
  };
  return {
    process: child,
    started: firstLine,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    finish,
    [Symbol.asyncDispose]: finish,
  };
}
