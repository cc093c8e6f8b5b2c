import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEmbeddedPostgres } from './embedded.ts';
import {
  eventually,
  processesNaming,
  query,
  silent,
  startElsewhere,
  temporaryFolder,
} from './embedded-testing.ts';
import { isAlive, readPostmasterFile } from './postmaster.ts';

const log = silent;

test('what was written is there after a stop and a second start', async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'data');
  {
    await using database = await startEmbeddedPostgres({ dataDir, log });
    expect(database.adopted).toBe(false);
    await query(database.connection, "create table kept as select 'grüne' as word");
  }
  expect(processesNaming(dataDir)).toEqual([]);
  await using database = await startEmbeddedPostgres({ dataDir, log });
  expect(database.adopted).toBe(false);
  expect(await query(database.connection, 'select upper(word) as word from kept')).toEqual([
    { word: 'GRÜNE' },
  ]);
});

test('it is durable, listens on no port, and only its user may enter its folders', async () => {
  await using folder = await temporaryFolder();
  await using database = await startEmbeddedPostgres({ dataDir: folder.path, log });
  const settings = await query<{ name: string; setting: string }>(
    database.connection,
    `select name, setting from pg_settings
     where name in ('fsync', 'synchronous_commit', 'listen_addresses', 'jit', 'TimeZone', 'server_encoding')`,
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: 'on',
    synchronous_commit: 'on',
    listen_addresses: '',
    jit: 'off',
    TimeZone: 'UTC',
    server_encoding: 'UTF8',
  });
  expect((await stat(database.connection.host)).mode & 0o777).toBe(0o700);
  expect((await stat(join(database.connection.host, '.s.PGSQL.5432'))).mode & 0o777).toBe(0o700);
});

test('the terminal it was started from cannot interrupt it', async () => {
  await using folder = await temporaryFolder();
  await using database = await startEmbeddedPostgres({ dataDir: folder.path, log });
  const { pid } = (await readPostmasterFile(database.connection.host))!;
  const session = execFileSync('ps', ['-o', 'sid=', '-p', String(pid)], { encoding: 'utf8' });
  expect(Number(session)).toBe(pid);
});

test('two processes that start at once share one server', async () => {
  await using folder = await temporaryFolder();
  await using one = startElsewhere(folder.path);
  await using two = startElsewhere(folder.path);
  const results = await Promise.all([one.started, two.started]);
  expect(results.map(({ adopted }) => adopted).sort()).toEqual([false, true]);
  expect(results[0].connection).toEqual(results[1].connection);
  expect(await readdir(folder.path)).toEqual(['postgres', 'postgres.log']);
  two.process.kill('SIGKILL');
});

test('after its process was killed the server is adopted, with its data', async () => {
  await using folder = await temporaryFolder();
  const killed = startElsewhere(folder.path);
  const { connection } = await killed.started;
  await query(connection, 'create table kept as select 42 as answer');
  const before = await readPostmasterFile(connection.host);
  await killed.kill();

  await using database = await startEmbeddedPostgres({ dataDir: folder.path, log });
  expect(database.adopted).toBe(true);
  expect(await readPostmasterFile(connection.host)).toEqual(before);
  expect(await query(database.connection, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('a start killed while it makes the database leaves nothing half made', async () => {
  await using folder = await temporaryFolder();
  const killed = startElsewhere(folder.path);
  killed.started.catch(() => {});
  await eventually(async () => {
    const name = (await readdir(folder.path)).find((found) => found.startsWith('.postgres-new-'));
    return name && (await stat(join(folder.path, name, 'base')));
  });
  await killed.kill();

  {
    await using database = await startEmbeddedPostgres({ dataDir: folder.path, log });
    expect(await query(database.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
  }
  // The killed one's initdb may have gone on a little while; what it left goes with the next start.
  await eventually(async () => processesNaming(folder.path).length === 0 || undefined);
  await (await startEmbeddedPostgres({ dataDir: folder.path, log })).stop();
  expect(await readdir(folder.path)).toEqual(['postgres', 'postgres.log']);
});

test.each(['started', 'adopted'])(
  'a server we %s is started again when it is killed, with what was committed',
  async (how) => {
    await using folder = await temporaryFolder();
    if (how === 'adopted') {
      const killed = startElsewhere(folder.path);
      await killed.started;
      await killed.kill();
    }
    await using database = await startEmbeddedPostgres({ dataDir: folder.path, log });
    expect(database.adopted).toBe(how === 'adopted');
    await query(database.connection, 'create table kept as select 42 as answer');
    const { pid } = (await readPostmasterFile(database.connection.host))!;
    process.kill(pid, 'SIGKILL');
    await eventually(async () => !(await isAlive(pid)) || undefined);

    const rows = await eventually(() => query(database.connection, 'select answer from kept'));
    expect(rows).toEqual([{ answer: 42 }]);
  },
);

test('after power was lost a foreign process with the old id does not confuse it', async () => {
  await using folder = await temporaryFolder();
  const clusterDir = join(folder.path, 'postgres');
  const killed = startElsewhere(folder.path);
  await killed.started;
  const { pid } = (await readPostmasterFile(clusterDir))!;
  await killed.kill();
  process.kill(pid, 'SIGKILL');
  await eventually(async () => processesNaming(folder.path).length === 0 || undefined);
  // Of the same user, since PostgreSQL itself only overlooks those of others.
  const { uid, gid } = await stat(clusterDir);
  const foreign = spawn('sleep', ['1000'], { uid, gid });
  await once(foreign, 'spawn');
  for (const path of [join(clusterDir, 'postmaster.pid'), join(clusterDir, '.s.PGSQL.5432.lock')]) {
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, [foreign.pid, ...lines.slice(1)].join('\n'));
  }
  try {
    await using database = await startEmbeddedPostgres({ dataDir: folder.path, log });
    expect(database.adopted).toBe(false);
    expect(foreign.exitCode ?? foreign.signalCode).toBeNull();
    expect(await query(database.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
  } finally {
    foreign.kill('SIGKILL');
  }
});

test('below a path too long for a socket it works, is adopted and cleans up all the same', async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'long'.repeat(40));
  const killed = startElsewhere(dataDir);
  const { connection } = await killed.started;
  expect(connection.host.length).toBeLessThan(90);
  expect((await stat(connection.host)).mode & 0o777).toBe(0o700);
  await killed.kill();
  {
    await using database = await startEmbeddedPostgres({ dataDir, log });
    expect(database.adopted).toBe(true);
    expect(database.connection).toEqual(connection);
    // Killed and started again, it must come back where everybody looks for it.
    process.kill((await readPostmasterFile(join(dataDir, 'postgres')))!.pid, 'SIGKILL');
    await eventually(async () => !processesNaming(dataDir).length || undefined);
    expect(await eventually(() => query(connection, 'select 1 as one'))).toEqual([{ one: 1 }]);
  }
  await expect(stat(connection.host)).rejects.toThrow('ENOENT');
});

test('stopping twice is stopping once, and stopping after detaching leaves it running', async () => {
  await using folder = await temporaryFolder();
  const detached = await startEmbeddedPostgres({ dataDir: folder.path, log });
  detached.detach();
  await detached.stop();
  expect(await query(detached.connection, 'select 1 as one')).toEqual([{ one: 1 }]);

  const adopted = await startEmbeddedPostgres({ dataDir: folder.path, log });
  expect(adopted.adopted).toBe(true);
  await Promise.all([adopted.stop(), adopted.stop()]);
  await adopted.stop();
  expect(processesNaming(folder.path)).toEqual([]);
});

test('a start that is called off leaves nothing running and nothing half made', async () => {
  await using folder = await temporaryFolder();
  const making = new AbortController();
  const first = startEmbeddedPostgres({ dataDir: folder.path, log, signal: making.signal });
  setTimeout(() => making.abort(new Error('called off')), 200);
  await expect(first).rejects.toThrow('called off');
  expect((await readdir(folder.path)).filter((name) => name === 'postgres')).toEqual([]);

  await (await startEmbeddedPostgres({ dataDir: folder.path, log })).stop();
  const starting = new AbortController();
  const second = startEmbeddedPostgres({ dataDir: folder.path, log, signal: starting.signal });
  eventually(() => readPostmasterFile(join(folder.path, 'postgres'))).then(() =>
    starting.abort(new Error('called off')),
  );
  await expect(second).rejects.toThrow('called off');
  expect(processesNaming(folder.path)).toEqual([]);
});

test('a database of another major version is refused with what to do', async () => {
  await using folder = await temporaryFolder();
  await (await startEmbeddedPostgres({ dataDir: folder.path, log })).stop();
  await writeFile(join(folder.path, 'postgres', 'PG_VERSION'), '17\n');
  await expect(startEmbeddedPostgres({ dataDir: folder.path, log })).rejects.toThrow(
    /made by PostgreSQL 17; this Darkroom brings 18\. .*DATABASE_URL/,
  );
});

test('a folder of something else in its place is not touched', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'postgres'));
  await writeFile(join(folder.path, 'postgres', 'notes.txt'), 'mine');
  if (process.geteuid?.() === 0) execFileSync('chown', ['-R', 'nobody', join(folder.path, 'postgres')]);
  await expect(startEmbeddedPostgres({ dataDir: folder.path, log })).rejects.toThrow(
    'not a PostgreSQL database',
  );
  expect(await readdir(join(folder.path, 'postgres'))).toEqual(['notes.txt']);
});

test('a server that cannot start says why', async () => {
  await using folder = await temporaryFolder();
  await (await startEmbeddedPostgres({ dataDir: folder.path, log })).stop();
  await writeFile(join(folder.path, 'postgres', 'postgresql.auto.conf'), 'no_such_setting = 1\n');
  await expect(startEmbeddedPostgres({ dataDir: folder.path, log })).rejects.toThrow(
    /ended while starting.*no_such_setting/s,
  );
});

test('a data folder that cannot be made is an error that names it and DARKROOM_DATA_DIR', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'file'), '');
  const dataDir = join(folder.path, 'file', 'data');
  const attempt = startEmbeddedPostgres({ dataDir, log });
  await expect(attempt).rejects.toThrow(`The data folder ${dataDir} cannot be written (ENOTDIR)`);
  await expect(attempt).rejects.toThrow('DARKROOM_DATA_DIR');
});
