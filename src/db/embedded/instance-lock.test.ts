import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { eventually, query, silent, temporaryFolder } from './embedded-testing.ts';
import { acquireInstanceLock, DataFolderInUse, isInstanceLockFree } from './instance-lock.ts';
import { readPostmasterFile } from './postmaster.ts';

const log = silent;
const resources = new AsyncDisposableStack();
let database: EmbeddedPostgres;

beforeAll(async () => {
  const folder = resources.use(await temporaryFolder());
  database = resources.use(await startEmbeddedPostgres({ dataDir: folder.path, log }));
});

afterAll(() => resources.disposeAsync());

test('a second Darkroom on the data folder is refused, and told who has it', async () => {
  await using first = await acquireInstanceLock(database.connection, '', log);
  await first.describe('http://127.0.0.1:8080');
  const second = acquireInstanceLock(database.connection, '', log);
  await expect(second).rejects.toThrow(
    `another Darkroom (process ${process.pid}, http://127.0.0.1:8080) is using this data folder`,
  );
  await expect(second).rejects.toThrow(DataFolderInUse);
});

test('the data folder is free again once it is released', async () => {
  expect(await isInstanceLockFree(database.connection)).toBe(true);
  const lock = await acquireInstanceLock(database.connection, '', log);
  expect(await isInstanceLockFree(database.connection)).toBe(false);
  await lock.release();
  await lock.release();
  expect(await eventually(async () => (await isInstanceLockFree(database.connection)) || undefined)).toBe(
    true,
  );
});

test('a command line call that holds it for an instant is waited for', async () => {
  const brief = await acquireInstanceLock(database.connection, '', log);
  const waiting = acquireInstanceLock(database.connection, '', log);
  await delay(300);
  await brief.release();
  await (await waiting).release();
});

test('the lock is taken again after the server was killed, under its latest name', async () => {
  await using lock = await acquireInstanceLock(database.connection, 'old', log);
  const { pid } = (await readPostmasterFile(database.connection.host))!;
  process.kill(pid, 'SIGKILL');
  await lock.describe('new');
  const holders = await eventually(async () => {
    const rows = await query<{ holder: string }>(
      database.connection,
      "select application_name as holder from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory'",
    );
    return rows.length > 0 ? rows : undefined;
  });
  expect(holders).toEqual([{ holder: `process ${process.pid}, new` }]);
  expect(await isInstanceLockFree(database.connection)).toBe(false);
});
