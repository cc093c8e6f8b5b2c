import { execFileSync } from 'node:child_process';
import { chmod, chown, cp, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findBinaries } from './binaries.ts';
import { startEmbeddedPostgres } from './embedded.ts';
import { processesNaming, query, silent, startElsewhere, temporaryFolder } from './embedded-testing.ts';
import { folderClosedTo, isRoot } from './system-user.ts';

const log = silent;
const skip = await reasonToSkip();
if (skip) console.warn(`SKIPPED: PostgreSQL started by root: ${skip}`);

describe.skipIf(skip)('started by root', () => {
  test('a normal user can run it as well, and nobody else may write its folder', async () => {
    await using folder = await temporaryFolder();
    const dataDir = join(folder.path, 'data');
    await mkdir(dataDir);
    await chown(dataDir, nobody.uid, nobody.gid);
    await using starter = startElsewhere(dataDir, nobody);
    const { connection, error } = await starter.started;
    expect(error).toBeUndefined();
    expect((await stat(connection.host)).uid).toBe(nobody.uid);
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test("a normal user's database stays theirs when root starts it once", async () => {
    await using folder = await temporaryFolder();
    const dataDir = join(folder.path, 'data');
    await mkdir(dataDir);
    await chown(dataDir, nobody.uid, nobody.gid);
    const theirs = startElsewhere(dataDir, nobody);
    await query((await theirs.started).connection, 'create table kept as select 42 as answer');
    await theirs.finish();
    await (await startEmbeddedPostgres({ dataDir, log })).stop();

    await using again = startElsewhere(dataDir, nobody);
    const { connection, error } = await again.started;
    expect(error).toBeUndefined();
    expect(await query(connection, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test("a normal user is told whose database it is that root's start made", async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o777);
    await (await startEmbeddedPostgres({ dataDir: folder.path, log })).stop();
    const owner = (await stat(join(folder.path, 'postgres'))).uid;
    const uid = owner === nobody.uid ? 1 : nobody.uid;
    await using starter = startElsewhere(folder.path, { ...nobody, uid });
    expect((await starter.started).error).toMatch(/belongs to the user .* DARKROOM_DATA_DIR/);
  });

  test('a data folder that a normal user may not write is an error that says so', async () => {
    await using folder = await temporaryFolder();
    await using starter = startElsewhere(join(folder.path, 'data'), nobody);
    expect((await starter.started).error).toMatch(/data folder .* cannot be written \(EACCES\)/);
  });

  test('below a folder closed to others the database goes elsewhere, and is found, adopted and kept there', async () => {
    await using folder = await temporaryFolder();
    const { dataDir, systemDir } = await closedFolders(folder.path);
    const killed = startElsewhere(dataDir, { systemDir });
    const { connection } = await killed.started;
    await query(connection, 'create table kept as select 42 as answer');
    await killed.kill();

    const place = (await readFile(join(dataDir, 'postgres-location'), 'utf8')).trim();
    expect(dirname(place)).toBe(systemDir);
    expect(connection.host).toBe(place);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    await using database = await startEmbeddedPostgres({ dataDir, systemDir, log });
    expect(database.adopted).toBe(true);
    expect(await query(database.connection, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('two processes that start at once below a closed folder share one server', async () => {
    await using folder = await temporaryFolder();
    const { dataDir, systemDir } = await closedFolders(folder.path);
    await using one = startElsewhere(dataDir, { systemDir });
    await using two = startElsewhere(dataDir, { systemDir });
    const results = await Promise.all([one.started, two.started]);
    expect(results.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(results.map(({ adopted }) => adopted).sort()).toEqual([false, true]);
    two.process.kill('SIGKILL');
  });

  test('a data folder that was deleted never meets its old database again', async () => {
    await using folder = await temporaryFolder();
    const { dataDir, systemDir } = await closedFolders(folder.path);
    {
      await using database = await startEmbeddedPostgres({ dataDir, systemDir, log });
      await query(database.connection, 'create table old as select 1');
    }
    await rm(dataDir, { recursive: true });
    await using database = await startEmbeddedPostgres({ dataDir, systemDir, log });
    await expect(query(database.connection, 'select from old')).rejects.toThrow('does not exist');
  });

  test('a database elsewhere that is gone is an error, not an empty start', async () => {
    await using folder = await temporaryFolder();
    const { dataDir, systemDir } = await closedFolders(folder.path);
    await (await startEmbeddedPostgres({ dataDir, systemDir, log })).stop();
    await rm(systemDir, { recursive: true });
    await expect(startEmbeddedPostgres({ dataDir, systemDir, log })).rejects.toThrow(
      /is gone\. Put it back, or remove/,
    );
  });

  test('binaries that others cannot reach are copied once and run from there', async () => {
    await using folder = await temporaryFolder();
    const { dataDir, systemDir } = await closedFolders(folder.path);
    const packaged = await findBinaries();
    const binaries = { folder: join(dirname(dataDir), 'native'), version: packaged.version };
    await cp(packaged.folder, binaries.folder, { recursive: true, verbatimSymlinks: true });
    {
      await using database = await startEmbeddedPostgres({ dataDir, systemDir, binaries, log });
      expect(
        await query(database.connection, "select to_tsvector('english', 'pictures')::text as words"),
      ).toEqual([{ words: "'pictur':1" }]);
      expect(
        processesNaming(join(systemDir, `postgresql-${binaries.version}`, 'bin', 'postgres')),
      ).toHaveLength(1);
    }
    const copy = join(systemDir, `postgresql-${binaries.version}`);
    const { ino } = await stat(copy);
    expect(execFileSync('find', [copy, '-name', '*.a'], { encoding: 'utf8' })).toBe('');
    await (await startEmbeddedPostgres({ dataDir, systemDir, binaries, log })).stop();
    expect((await stat(copy)).ino).toBe(ino);
  });
});

const nobody = { uid: 65534, gid: 65534 };

async function closedFolders(path: string): Promise<{ dataDir: string; systemDir: string }> {
  await mkdir(join(path, 'home'), { mode: 0o700 });
  return { dataDir: join(path, 'home', 'data'), systemDir: join(path, 'system') };
}

async function reasonToSkip(): Promise<string | false> {
  if (!isRoot()) return 'not root';
  const user = { name: 'nobody', uid: 65534, gid: 65534 };
  for (const path of [process.execPath, import.meta.dirname]) {
    const closed = await folderClosedTo(user, path);
    if (closed) return `${closed} is closed to other users, who could not run the tests' processes`;
  }
  return false;
}
