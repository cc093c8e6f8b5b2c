import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDiskStore } from './disk-store.ts';
import { FileMissing, StoreFull } from './store.ts';
import { testStore } from './store-testing.ts';

let directory: string;
let mounted = false;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-store-'));
});

afterEach(async () => {
  if (mounted) run('umount', directory);
  mounted = false;
  await rm(directory, { recursive: true, force: true });
});

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

testStore(async () => ({ store: await openDiskStore(directory), names: () => filesIn(directory) }));

test('files are spread over folders', async () => {
  const store = await openDiskStore(directory);
  for (let index = 0; index < 40; index++) await store.write(`outputs/${index}`, Buffer.from('x'));
  const folders = await readdir(join(directory, 'objects', 'outputs'));
  expect(folders.length).toBeGreaterThan(30);
  expect(folders.every((name) => /^[0-9a-f]{3}$/.test(name))).toBe(true);
});

test('what interrupted writes left is cleared at the next start once it is an hour old', async () => {
  await openDiskStore(directory);
  const old = join(directory, 'temporary', 'old');
  const young = join(directory, 'temporary', 'young');
  await writeFile(old, 'x');
  await writeFile(young, 'x');
  const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
  await utimes(old, twoHoursAgo, twoHoursAgo);
  await openDiskStore(directory);
  expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
});

test('writes go on when someone removed the empty folders meanwhile', async () => {
  const store = await openDiskStore(directory);
  await store.write('outputs/a', Buffer.from('1'));
  await rm(join(directory, 'objects', 'outputs'), { recursive: true });
  await store.write('outputs/a', Buffer.from('2'));
  expect((await store.readAll('outputs/a')).toString()).toBe('2');
});

test('the check tells when the folder is gone', async () => {
  const store = await openDiskStore(directory);
  await rm(directory, { recursive: true });
  await expect(store.check()).rejects.toThrow('ENOENT');
});

test('nobody else on the machine can read the files', async () => {
  await chmod(directory, 0o755);
  const store = await openDiskStore(directory);
  await store.write('outputs/a', Buffer.from('secret'));
  const modes = run('find', directory, '-mindepth', '1', '-printf', '%m\n');
  expect(new Set(modes.trim().split('\n'))).toEqual(new Set(['700', '600']));
});

const mountable = canMount();
if (!mountable) console.warn('SKIPPED: a full disk cannot be tried, since mounting a tmpfs takes root');

test.skipIf(!mountable)('a full disk is told apart, keeps nothing of the write, and heals', async () => {
  mountHere('size=2m');
  const store = await openDiskStore(directory);
  await store.write('outputs/a', Buffer.alloc(1_000_000));
  const stream = Readable.from([Buffer.alloc(700_000), Buffer.alloc(700_000)]);

  await expect(store.write('outputs/b', Buffer.alloc(1_500_000))).rejects.toThrow(StoreFull);
  await expect(store.write('outputs/b', stream)).rejects.toThrow(StoreFull);

  expect(await filesIn(directory)).toEqual(['a']);
  await expect(store.readAll('outputs/b')).rejects.toThrow(FileMissing);
  await store.remove('outputs/a');
  await store.write('outputs/b', Buffer.alloc(1_500_000));
});

test.skipIf(!mountable)('a disk without room for another folder is full as well', async () => {
  mountHere('size=2m,nr_inodes=5');
  const store = await openDiskStore(directory);
  await expect(store.write('outputs/a', Buffer.from('x'))).rejects.toThrow(StoreFull);
  expect(await filesIn(directory)).toEqual([]);
});

function run(command: string, ...words: string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function mountHere(options: string): void {
  run('mount', '-t', 'tmpfs', '-o', options, 'darkroom-test', directory);
  mounted = true;
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    run('unshare', '--mount', 'mount', '-t', 'tmpfs', 'darkroom-test', tmpdir());
    return true;
  } catch {
    return false;
  }
}
