import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDiskStore } from './disk-store.ts';
import { FileMissing, FileTooLarge, StoreFull } from './store.ts';

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

test('what is written is read back, with its size and hash told', async () => {
  const store = await openDiskStore(directory);
  const bytes = Buffer.alloc(3_000_000, 'darkroom');

  const stored = await store.write('outputs/a-1.png', bytes);

  expect(stored).toEqual({ bytes: 3_000_000, sha256: createHash('sha256').update(bytes).digest('hex') });
  expect(bytes.equals(await store.readAll('outputs/a-1.png'))).toBe(true);
  expect(bytes.equals(await buffer(await store.read('outputs/a-1.png')))).toBe(true);
});

test('a stream is written like a buffer, text and all', async () => {
  const store = await openDiskStore(directory);
  await store.write('uploads/x', Readable.from(['für', Buffer.from(' alle')]));
  expect((await store.readAll('uploads/x')).toString()).toBe('für alle');
});

test('a part is read by its first and last byte, and cut at the end of the file', async () => {
  const store = await openDiskStore(directory);
  await store.write('outputs/ten', Buffer.from('0123456789'));
  expect(await text(await store.read('outputs/ten', { start: 2, end: 4 }))).toBe('234');
  expect(await text(await store.read('outputs/ten', { start: 9, end: 99 }))).toBe('9');
});

test.each([
  { start: 10, end: 12 },
  { start: 4, end: 3 },
  { start: -1, end: 3 },
])('a part that is not there is refused: $start-$end', async (range) => {
  const store = await openDiskStore(directory);
  await store.write('outputs/ten', Buffer.from('0123456789'));
  await expect(store.read('outputs/ten', range)).rejects.toThrow(RangeError);
});

test('what is not there is missing to every reader, and fine to remove', async () => {
  const store = await openDiskStore(directory);
  await expect(store.read('outputs/none')).rejects.toThrow(FileMissing);
  await expect(store.readAll('outputs/none')).rejects.toThrow(FileMissing);
  await store.remove('outputs/none');
  await store.write('outputs/none', Buffer.from('now'));
  await store.remove('outputs/none');
  await expect(store.readAll('outputs/none')).rejects.toThrow(FileMissing);
});

test('who reads a file keeps reading what it was when it is replaced or removed meanwhile', async () => {
  const store = await openDiskStore(directory);
  await store.write('outputs/a', Buffer.from('first'));
  const before = await store.read('outputs/a');
  await store.write('outputs/a', Buffer.from('second'));
  const between = await store.read('outputs/a');
  await store.remove('outputs/a');
  expect(await text(before)).toBe('first');
  expect(await text(between)).toBe('second');
});

test('keys that begin alike are files of their own', async () => {
  const store = await openDiskStore(directory);
  const keys = ['a/b', 'a/b/c', 'a/b-c', 'a/b.c', 'b/b/c'];
  for (const key of keys) await store.write(key, Buffer.from(key));
  for (const key of keys) expect((await store.readAll(key)).toString()).toBe(key);
});

test('files are spread over folders', async () => {
  const store = await openDiskStore(directory);
  for (let index = 0; index < 40; index++) await store.write(`outputs/${index}`, Buffer.from('x'));
  const folders = await readdir(join(directory, 'objects', 'outputs'));
  expect(folders.length).toBeGreaterThan(30);
  expect(folders.every((name) => /^[0-9a-f]{3}$/.test(name))).toBe(true);
});

describe('a key that is not ours is refused by every operation', () => {
  test.each([
    '',
    'a',
    'a/',
    '/a/b',
    '/etc/passwd',
    '../a/b',
    'a/../b',
    'a/..',
    'a/.b',
    'a/b..c',
    'a//b',
    './a/b',
    'A/b',
    'a/b c',
    'a/b\\c',
    'a/b\0',
    'a/b\n',
    'a/b+c',
    'a/ü',
    'a.b/c',
    `a/${'b'.repeat(199)}`,
  ])('%j', async (key) => {
    const store = await openDiskStore(directory);
    await expect(store.write(key, Buffer.from('x'))).rejects.toThrow('not a key');
    await expect(store.read(key)).rejects.toThrow('not a key');
    await expect(store.readAll(key)).rejects.toThrow('not a key');
    await expect(store.remove(key)).rejects.toThrow('not a key');
    expect(await filesIn(directory)).toEqual([]);
  });
});

describe('a write that fails leaves what was there and nothing beside it', () => {
  async function storeWithOld() {
    const store = await openDiskStore(directory);
    await store.write('outputs/a', Buffer.from('old'));
    return store;
  }

  async function expectOnlyOld(store: Awaited<ReturnType<typeof storeWithOld>>) {
    expect((await store.readAll('outputs/a')).toString()).toBe('old');
    expect(await filesIn(directory)).toHaveLength(1);
  }

  test('when a buffer is too large', async () => {
    const store = await storeWithOld();
    await expect(store.write('outputs/a', Buffer.alloc(11), { maxBytes: 10 })).rejects.toThrow(FileTooLarge);
    await store.write('outputs/b', Buffer.alloc(10), { maxBytes: 10 });
    await store.remove('outputs/b');
    await expectOnlyOld(store);
  });

  test('when a stream turns out too large: the rest of it is not read', async () => {
    const store = await storeWithOld();
    let read = 0;
    const endless = new Readable({
      read() {
        read++;
        this.push(Buffer.alloc(1000));
      },
    });
    await expect(store.write('outputs/a', endless, { maxBytes: 5000 })).rejects.toThrow(
      new FileTooLarge(5000).message,
    );
    expect(endless.destroyed).toBe(true);
    expect(read).toBeLessThan(1000);
    await expectOnlyOld(store);
  });

  test('when the source breaks off', async () => {
    const store = await storeWithOld();
    async function* broken() {
      yield Buffer.from('new');
      throw new Error('the client went away');
    }
    await expect(store.write('outputs/a', Readable.from(broken()))).rejects.toThrow('the client went away');
    await expectOnlyOld(store);
  });

  test('when it is aborted while the source gives nothing', async () => {
    const store = await storeWithOld();
    const abort = new AbortController();
    const silent = new Readable({
      read() {
        abort.abort(new Error('shutting down'));
      },
    });
    await expect(store.write('outputs/a', silent, { signal: abort.signal })).rejects.toThrow('shutting down');
    expect(silent.destroyed).toBe(true);
    await expectOnlyOld(store);
  });
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

test('many writers of one key leave one whole file', async () => {
  const store = await openDiskStore(directory);
  const bodies = Array.from({ length: 20 }, (_, index) => Buffer.alloc(50_000, index));
  await Promise.all(bodies.map((body) => store.write('outputs/a', body)));
  const found = await store.readAll('outputs/a');
  expect(bodies.some((body) => body.equals(found))).toBe(true);
  expect(await filesIn(directory)).toHaveLength(1);
});

test('the check passes on a working store, leaves nothing, and tells when the folder is gone', async () => {
  const store = await openDiskStore(directory);
  await store.check();
  expect(await filesIn(directory)).toEqual([]);
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
