/** What every file store does, wherever it keeps its bytes. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { FileMissing, type FileStore, FileTooLarge, type StoredBytes } from './store.ts';

export interface OpenedStore {
  /** Empty. */
  store: FileStore;
  /** Names of all that is in it, as it keeps them, with what is half written. */
  names(): Promise<string[]>;
}

const MIB = 2 ** 20;

export const described = (bytes: Buffer): StoredBytes => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/** A stream in pieces as a connection gives them. */
function inPieces(bytes: Buffer, pieceBytes = 64 * 1024): Readable {
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
  return Readable.from(pieces());
}

/** Registers the tests; `open` is called once for each. */
export function testStore(open: () => Promise<OpenedStore>): void {
  test('what is written is read back, with its size and hash told', async () => {
    const { store } = await open();
    const bytes = randomBytes(3_000_000);
    expect(await store.write('outputs/a-1.png', bytes)).toEqual(described(bytes));
    expect(bytes.equals(await store.readAll('outputs/a-1.png'))).toBe(true);
    expect(bytes.equals(await buffer(await store.read('outputs/a-1.png')))).toBe(true);
    expect(await store.size('outputs/a-1.png')).toBe(3_000_000);
  });

  test('a stream is written like a buffer, text and all', async () => {
    const { store } = await open();
    await store.write('uploads/x', Readable.from(['für', Buffer.from(' alle')]));
    expect((await store.readAll('uploads/x')).toString()).toBe('für alle');
  });

  test('an empty file is one', async () => {
    const { store } = await open();
    expect(await store.write('uploads/x', Readable.from([]))).toEqual(described(Buffer.alloc(0)));
    expect(await store.size('uploads/x')).toBe(0);
    expect(await store.readAll('uploads/x')).toHaveLength(0);
  });

  test.each([8 * MIB, 8 * MIB + 1, 20 * MIB + 123])(
    'a file of %i bytes comes back as it was, from a stream or from memory',
    async (size) => {
      const { store, names } = await open();
      const bytes = randomBytes(size);
      expect(await store.write('outputs/stream', inPieces(bytes))).toEqual(described(bytes));
      expect(await store.write('outputs/memory', bytes)).toEqual(described(bytes));
      for (const key of ['outputs/stream', 'outputs/memory']) {
        expect(await store.size(key)).toBe(size);
        expect(bytes.equals(await store.readAll(key))).toBe(true);
      }
      expect(await names()).toHaveLength(2);
    },
  );

  test('a part is read by its first and last byte, and cut at the end of the file', async () => {
    const { store } = await open();
    await store.write('outputs/ten', Buffer.from('0123456789'));
    const part = async (start: number, end: number) =>
      text(await store.read('outputs/ten', { range: { start, end } }));
    expect(await part(2, 4)).toBe('234');
    expect(await part(0, 0)).toBe('0');
    expect(await part(9, 99)).toBe('9');
  });

  test.each([
    { start: 10, end: 12 },
    { start: 4, end: 3 },
    { start: -1, end: 3 },
  ])('a part that is not there is refused: $start-$end', async (range) => {
    const { store } = await open();
    await store.write('outputs/ten', Buffer.from('0123456789'));
    await expect(store.read('outputs/ten', { range })).rejects.toThrow(RangeError);
  });

  test('what is not there is missing to every reader, and fine to remove', async () => {
    const { store } = await open();
    const isMissing = async () => {
      await expect(store.read('outputs/none')).rejects.toThrow(FileMissing);
      await expect(store.readAll('outputs/none')).rejects.toThrow(FileMissing);
      expect(await store.size('outputs/none')).toBeUndefined();
    };
    await isMissing();
    await store.remove('outputs/none');
    await store.write('outputs/none', Buffer.from('now'));
    await store.remove('outputs/none');
    await isMissing();
  });

  test('many are removed together, those that are not there among them, and no other', async () => {
    const { store, names } = await open();
    await store.write('outputs/kept', Buffer.from('x'));
    const keys = Array.from({ length: 30 }, (_, index) => `outputs/${index}`);
    await Promise.all(keys.slice(5).map((key) => store.write(key, Buffer.from(key))));
    expect(await store.removeMany(keys)).toEqual([]);
    expect(await store.removeMany([])).toEqual([]);
    expect(await names()).toHaveLength(1);
    expect((await store.readAll('outputs/kept')).toString()).toBe('x');
  });

  test('who reads a file keeps reading what it was when it is replaced or removed meanwhile', async () => {
    const { store } = await open();
    await store.write('outputs/a', Buffer.from('first'));
    const before = await store.read('outputs/a');
    await store.write('outputs/a', Buffer.from('second'));
    const between = await store.read('outputs/a');
    await store.remove('outputs/a');
    expect(await text(before)).toBe('first');
    expect(await text(between)).toBe('second');
  });

  test('keys that begin alike are files of their own', async () => {
    const { store } = await open();
    const keys = ['a/b', 'a/b/c', 'a/b-c', 'a/b.c', 'b/b/c'];
    for (const key of keys) await store.write(key, Buffer.from(key));
    for (const key of keys) expect((await store.readAll(key)).toString()).toBe(key);
  });

  test('many writers of one key leave one whole file', async () => {
    const { store, names } = await open();
    const bodies = Array.from({ length: 20 }, (_, index) => Buffer.alloc(50_000, index));
    await Promise.all(bodies.map((body) => store.write('outputs/a', body)));
    const found = await store.readAll('outputs/a');
    expect(bodies.some((body) => body.equals(found))).toBe(true);
    expect(await names()).toHaveLength(1);
  });

  test('who stops waiting is told so', async () => {
    const { store } = await open();
    await store.write('outputs/a', Buffer.alloc(4 * MIB));
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    await expect(store.read('outputs/a', { signal })).rejects.toThrow('no longer wanted');
    await expect(store.readAll('outputs/a', { signal })).rejects.toThrow('no longer wanted');
    await expect(store.write('outputs/b', Buffer.from('x'), { signal })).rejects.toThrow('no longer wanted');
    expect(await store.size('outputs/b')).toBeUndefined();
  });

  test('the check passes on a working store and leaves nothing', async () => {
    const { store, names } = await open();
    await store.check();
    expect(await names()).toEqual([]);
  });

  describe('a write that fails leaves what was there and nothing beside it', () => {
    async function storeWithOld() {
      const opened = await open();
      await opened.store.write('outputs/a', Buffer.from('old'));
      return opened;
    }

    async function expectOnlyOld({ store, names }: OpenedStore) {
      expect((await store.readAll('outputs/a')).toString()).toBe('old');
      // What a bucket had begun meanwhile is given up when it answers.
      await vi.waitFor(async () => expect(await names()).toHaveLength(1), { timeout: 5000 });
    }

    test('when a buffer is too large', async () => {
      const opened = await storeWithOld();
      const { store } = opened;
      await expect(store.write('outputs/a', Buffer.alloc(11), { maxBytes: 10 })).rejects.toThrow(
        FileTooLarge,
      );
      await store.write('outputs/b', Buffer.alloc(10), { maxBytes: 10 });
      await store.remove('outputs/b');
      await expectOnlyOld(opened);
    });

    test.each([
      ['at once', 1000, 5000],
      ['after many parts', MIB, 30 * MIB],
    ])(
      'when a stream turns out too large, %s: the rest of it is not read',
      async (_, pieceBytes, maxBytes) => {
        const opened = await storeWithOld();
        let read = 0;
        const endless = new Readable({
          read() {
            read += pieceBytes;
            this.push(Buffer.alloc(pieceBytes));
          },
        });
        await expect(opened.store.write('outputs/a', endless, { maxBytes })).rejects.toThrow(
          new FileTooLarge(maxBytes).message,
        );
        expect(endless.destroyed).toBe(true);
        expect(read).toBeLessThan(maxBytes + 1000 * pieceBytes);
        await expectOnlyOld(opened);
      },
    );

    test.each([1, 20 * MIB])('when the source breaks off after %i bytes', async (size) => {
      const opened = await storeWithOld();
      const failure = new Error('the client went away');
      async function* broken() {
        yield Buffer.alloc(size);
        throw failure;
      }
      const source = Readable.from(broken());
      // The very error, by which it is told from those of the store.
      await expect(opened.store.write('outputs/a', source)).rejects.toBe(failure);
      expect(source.errored).toBe(failure);
      await expectOnlyOld(opened);
    });

    test.each([0, 20 * MIB])(
      'when it is aborted while the source gives nothing, after %i bytes',
      async (size) => {
        const opened = await storeWithOld();
        const abort = new AbortController();
        const silent = new Readable({
          read() {
            if (size > 0) this.push(Buffer.alloc(size));
            size = 0;
            setImmediate(() => abort.abort(new Error('shutting down')));
          },
        });
        await expect(opened.store.write('outputs/a', silent, { signal: abort.signal })).rejects.toThrow(
          'shutting down',
        );
        expect(silent.destroyed).toBe(true);
        await expectOnlyOld(opened);
      },
    );
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
      const { store, names } = await open();
      await expect(store.write(key, Buffer.from('x'))).rejects.toThrow('not a key');
      await expect(store.read(key)).rejects.toThrow('not a key');
      await expect(store.readAll(key)).rejects.toThrow('not a key');
      await expect(store.size(key)).rejects.toThrow('not a key');
      await expect(store.remove(key)).rejects.toThrow('not a key');
      await expect(store.removeMany([key])).rejects.toThrow('not a key');
      expect(await names()).toEqual([]);
    });
  });
}
