/** A bucket that is slow, refuses, breaks off or is gone: what can be mended is, and what cannot is told in time. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openS3Store } from '../src/files/s3-store.ts';
import {
  FileMissing,
  type FileStore,
  StoreFull,
  StoreRefused,
  StoreUnavailable,
} from '../src/files/store.ts';
import { described } from '../src/files/store-testing.ts';
import { type Fault, type FaultyProxy, type ProxiedCall, startFaultyProxy } from './support/faulty-proxy.ts';
import { makeBucket, startS3, type TestBucket, type TestS3 } from './support/s3.ts';

const MIB = 2 ** 20;
/** For calls that are to stand still: elsewhere it would be too short on a busy machine. */
const HASTY = { idleTimeoutMs: 300 };

let s3: TestS3;
let proxy: FaultyProxy;
let bucket: TestBucket;
let store: FileStore;
beforeAll(async () => {
  s3 = await startS3();
  proxy = await startFaultyProxy(s3.endpoint);
  bucket = await makeBucket(s3, proxy.url);
  store = openS3Store(bucket.settings);
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});
afterEach(() => {
  proxy.fault = () => undefined;
  proxy.calls.length = 0;
});

/** The first `times` of the calls that `match` get `fault`. */
function failing(times: number, fault: Fault, match: (call: ProxiedCall) => boolean = () => true): void {
  proxy.fault = (call) => (match(call) && times-- > 0 ? fault : undefined);
}

const refusal = (status: number, code: string): Fault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
});
const slowDown = refusal(503, 'SlowDown');
const silence: Fault = { kind: 'hold', until: new Promise(() => {}) };
const isPart = ({ method, path }: ProxiedCall): boolean => method === 'PUT' && path.includes('partNumber=');
const calls = (pattern: RegExp): number =>
  proxy.calls.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length;

describe('what passes is waited for', () => {
  test.each<[string, Fault]>([
    ['asks to slow down', slowDown],
    ['has an error of its own', refusal(500, 'InternalError')],
    ['breaks the connection', { kind: 'reset' }],
    ['loses its answer', { kind: 'lose' }],
    ['says nothing', silence],
  ])('a bucket that %s twice', async (_, fault) => {
    await using store = openS3Store({ ...bucket.settings, ...(fault === silence && HASTY) });
    const bytes = randomBytes(100_000);
    failing(2, fault, ({ method }) => method === 'PUT');
    expect(await store.write('outputs/a', bytes)).toEqual(described(bytes));
    expect(calls(/^PUT/)).toBe(3);
    failing(2, fault, ({ method }) => method === 'GET');
    expect(bytes.equals(await store.readAll('outputs/a'))).toBe(true);
    failing(2, fault, ({ method }) => method === 'DELETE');
    await store.remove('outputs/a');
    expect(await store.size('outputs/a')).toBeUndefined();
  });

  test('parts that fail are sent again, and the file is whole', async () => {
    const bytes = randomBytes(20 * MIB);
    failing(3, slowDown, isPart);
    expect(await store.write('outputs/parts', Readable.from([bytes]))).toEqual(described(bytes));
    expect(calls(/^PUT .*partNumber=/)).toBe(6);
    expect(bytes.equals(await store.readAll('outputs/parts'))).toBe(true);
  });

  test('a download that breaks off goes on where it ended, however often', async () => {
    const bytes = randomBytes(3 * MIB);
    await store.write('outputs/a', bytes);
    proxy.calls.length = 0;
    failing(8, { kind: 'cut', bytes: 300_000 });
    expect(bytes.equals(await store.readAll('outputs/a'))).toBe(true);
    expect(calls(/^GET/)).toBe(9);
    expect(proxy.calls.at(-1)!.headers.range).toMatch(/^bytes=2\d{6}-3145727$/);

    failing(1, { kind: 'cut', bytes: 300_000 });
    const part = await buffer(await store.read('outputs/a', { range: { start: 1000, end: 1_000_000 } }));
    expect(part.equals(bytes.subarray(1000, 1_000_001))).toBe(true);
    expect(proxy.calls.at(-1)!.headers.range).toMatch(/^bytes=\d+-1000000$/);
  });

  test("this machine's clock, wrong by an hour", async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    try {
      const bytes = randomBytes(1000);
      await store.write('outputs/a', bytes);
      expect(bytes.equals(await store.readAll('outputs/a'))).toBe(true);
    } finally {
      vi.useRealTimers();
    }
    // And when it is set right, which the first call finds out.
    await store.readAll('outputs/a').catch(() => {});
    await store.readAll('outputs/a');
  });
});

describe('what does not pass is told, in time and in the words of a store', () => {
  const everything = (store: FileStore): [string, () => Promise<unknown>][] => [
    ['write', () => store.write('outputs/x', Buffer.from('x'))],
    ['write of a stream', () => store.write('outputs/x', Readable.from([Buffer.alloc(9 * MIB)]))],
    ['read', () => store.read('outputs/x')],
    ['readAll', () => store.readAll('outputs/x')],
    ['size', () => store.size('outputs/x')],
    ['remove', () => store.remove('outputs/x')],
    ['check', () => store.check()],
  ];

  async function expectAll(
    error: new (message: string) => Error,
    withinMs: number,
    settings: { idleTimeoutMs?: number } = {},
  ): Promise<void> {
    await using store = openS3Store({ ...bucket.settings, ...settings });
    const startedAt = performance.now();
    await Promise.all(
      everything(store).map(async ([name, work]) => {
        const failure: unknown = await work().catch((reason) => reason);
        expect(failure, name).toBeInstanceOf(error);
      }),
    );
    const unremoved = await store.removeMany(['outputs/x', 'outputs/y']);
    expect(unremoved.map(({ key }) => key)).toEqual(['outputs/x', 'outputs/y']);
    for (const { error: reason } of unremoved) expect(reason).toBeInstanceOf(error);
    expect(performance.now() - startedAt).toBeLessThan(withinMs);
  }

  test('a bucket that goes on asking to slow down', async () => {
    proxy.fault = () => slowDown;
    await expectAll(StoreUnavailable, 15_000);
  });

  test('one that never answers', async () => {
    proxy.fault = () => silence;
    await expectAll(StoreUnavailable, 8000, HASTY);
  });

  test('one that is gone, until it is back', async () => {
    proxy.fault = () => ({ kind: 'reset' });
    await expectAll(StoreUnavailable, 8000);
    proxy.fault = () => undefined;
    await store.check();
  });

  test('a service that nobody runs', async () => {
    const gone = await startFaultyProxy(s3.endpoint);
    await gone[Symbol.asyncDispose]();
    await using other = openS3Store({ ...bucket.settings, endpoint: gone.url });
    await expect(other.write('outputs/x', Buffer.from('x'))).rejects.toThrow(/ECONNREFUSED/);
    await expect(other.check()).rejects.toThrow(StoreUnavailable);
  });

  test('one that refuses us', async () => {
    proxy.fault = () => refusal(403, 'AccessDenied');
    await expectAll(StoreRefused, 2000);
    await expect(store.readAll('outputs/x')).rejects.toThrow('the access key may not do this');
  });

  test('one that is full', async () => {
    proxy.fault = ({ method }) => (method === 'PUT' ? refusal(507, 'XMinioStorageFull') : undefined);
    await expect(store.write('outputs/x', Buffer.from('x'))).rejects.toThrow(StoreFull);
  });

  test('one that is not there', async () => {
    await using other = openS3Store({ ...bucket.settings, bucket: 'nobody-made-it' });
    await expect(other.check()).rejects.toThrow('there is no such bucket');
    await expect(other.readAll('outputs/x')).rejects.toThrow(StoreRefused);
  });

  test('a key that is not there, in a bucket that works', async () => {
    await expect(store.readAll('outputs/none')).rejects.toThrow(FileMissing);
  });

  test('a download that breaks off again and again without a byte between', async () => {
    await store.write('outputs/a', randomBytes(MIB));
    failing(1, { kind: 'cut', bytes: 100_000 });
    const stream = await store.read('outputs/a');
    proxy.fault = () => ({ kind: 'cut', bytes: 0 });
    await expect(buffer(stream)).rejects.toThrow(StoreUnavailable);
  });
});

describe('a write that cannot be ended', () => {
  test('gives its parts up, and reads no further', async () => {
    let read = 0;
    const endless = new Readable({
      read() {
        read += MIB;
        this.push(Buffer.alloc(MIB));
      },
    });
    proxy.fault = (call) => (isPart(call) ? refusal(400, 'InvalidPart') : undefined);
    await expect(store.write('outputs/endless', endless)).rejects.toThrow(StoreUnavailable);
    expect(endless.destroyed).toBe(true);
    expect(read).toBeLessThan(40 * MIB);
    expect(calls(/^POST .*\?uploads/)).toBe(1);
    expect(calls(/^DELETE .*uploadId=/)).toBe(1);
    expect(await bucket.keys()).not.toContain('darkroom/outputs/endless');
  });

  test('ends at once although its source gives nothing more', async () => {
    const silent = new Readable({ read() {} });
    silent.push(Buffer.alloc(9 * MIB));
    proxy.fault = (call) => (isPart(call) ? refusal(400, 'InvalidPart') : undefined);
    await expect(store.write('outputs/silent', silent)).rejects.toThrow(StoreUnavailable);
    expect(silent.destroyed).toBe(true);
  });

  test('holds no more than some parts while the bucket is slow', async () => {
    let read = 0;
    const stop = new AbortController();
    const endless = new Readable({
      read() {
        read += MIB;
        this.push(Buffer.alloc(MIB));
      },
    });
    await using slow = openS3Store(bucket.settings);
    const waiting = new Promise<void>((resolve) => {
      proxy.fault = (call) => {
        if (!isPart(call)) return undefined;
        if (calls(/partNumber=/) === 2) resolve();
        return silence;
      };
    });
    const writing = slow.write('outputs/slow', endless, { signal: stop.signal });
    await waiting;
    expect(read).toBeLessThan(30 * MIB);
    stop.abort(new Error('enough'));
    await expect(writing).rejects.toThrow('enough');
    expect(calls(/^DELETE .*uploadId=/)).toBe(1);
  });
});

describe('removing many', () => {
  test('takes one call for a thousand', async () => {
    const keys = Array.from({ length: 1001 }, (_, index) => `outputs/many-${index}`);
    await using patient = openS3Store(bucket.settings);
    expect(await patient.removeMany(keys)).toEqual([]);
    expect(calls(/^POST .*\?delete/)).toBe(2);
    expect(proxy.calls[0]!.headers['content-md5']).toMatch(/^[\w+/]{22}==$/);
  });

  test('goes on one by one where the bucket knows no other way, past those that it keeps', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => store.write(`many/${name}`, Buffer.from('x'))));
    proxy.fault = ({ method, path }) => {
      if (method === 'POST') return refusal(501, 'NotImplemented');
      return path.includes('many/b') ? refusal(403, 'AccessDenied') : undefined;
    };
    const unremoved = await store.removeMany(['many/a', 'many/b', 'many/c']);
    expect(unremoved).toEqual([{ key: 'many/b', error: expect.any(StoreRefused) }]);
    expect((await bucket.keys()).filter((key) => key.includes('many/'))).toEqual(['darkroom/many/b']);
  });
});

test('who looks often whether it works pays for one look, until something fails', async () => {
  await using watched = openS3Store(bucket.settings);
  await watched.check();
  await watched.check();
  expect(calls(/^PUT/)).toBe(1);
  proxy.fault = () => refusal(403, 'AccessDenied');
  await expect(watched.readAll('outputs/a')).rejects.toThrow(StoreRefused);
  await expect(watched.check()).rejects.toThrow(StoreRefused);
});

test('a reader who pauses for longer than the bucket waits gets it all the same', async () => {
  const bytes = randomBytes(8 * MIB);
  await store.write('outputs/paused', bytes);
  await using line = await startFaultyProxy(s3.endpoint);
  await using hasty = openS3Store({ ...bucket.settings, endpoint: line.url, ...HASTY });
  const stream = await hasty.read('outputs/paused');
  // The connection stands still, full to the brim, until it is given up.
  await vi.waitFor(async () => expect(await line.connections()).toBe(0), { timeout: 5000 });
  expect(bytes.equals(await buffer(stream))).toBe(true);
});

test('a reader who leaves takes the connection along, and one who stays gives it back', async () => {
  await using line = await startFaultyProxy(s3.endpoint);
  await using other = openS3Store({ ...bucket.settings, endpoint: line.url });
  await other.write('outputs/large', randomBytes(8 * MIB));
  const left = await other.read('outputs/large');
  left.once('data', () => left.destroy());
  await vi.waitFor(async () => expect(await line.connections()).toBeLessThan(2));
  for (let times = 0; times < 3; times++) await other.readAll('outputs/large');
  expect(await line.connections()).toBe(1);
});
