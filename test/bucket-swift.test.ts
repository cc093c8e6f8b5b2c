/** The same with a second S3 server, of other makers: what works is not made for one of them. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openS3Store } from '../src/files/s3-store.ts';
import { StoreRefused } from '../src/files/store.ts';
import { testStore } from '../src/files/store-testing.ts';
import { makeBucket, missingSwift, startSwift, type TestS3 } from './support/s3.ts';

const missing = await missingSwift();
if (missing) console.warn(`SKIPPED: a second S3 server: ${missing}`);

describe.skipIf(missing)('in OpenStack Swift', () => {
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await startSwift();
  });
  afterAll(() => s3?.[Symbol.asyncDispose]());

  testStore(async () => {
    const bucket = await makeBucket(s3);
    return {
      store: openS3Store(bucket.settings),
      names: async () => [...(await bucket.keys()), ...(await bucket.unfinished())],
    };
  });

  test('a wrong secret is told', async () => {
    const { settings } = await makeBucket(s3);
    const credentials = { ...s3.credentials, secretAccessKey: 'wrong' };
    await using store = openS3Store({ ...settings, credentials });
    const failure = await store.check().catch((error) => error);
    expect(failure).toBeInstanceOf(StoreRefused);
    expect(failure.message).toMatch('the secret of the access key is wrong');
  });

  test('an address to read from gives the bytes as what we say they are, in parts too', async () => {
    const { settings } = await makeBucket(s3);
    await using store = openS3Store({ ...settings, redirects: true });
    await store.write('outputs/a', Buffer.from('0123456789'));
    const url = await store.addressToRead!('outputs/a', {
      contentType: 'image/png',
      contentDisposition: `inline; filename="a _.png"; filename*=UTF-8''a%20%C3%BC.png`,
      cacheControl: 'public, max-age=60',
    });
    const response = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect([response.status, await response.text()]).toEqual([206, '234']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': `inline; filename="a _.png"; filename*=UTF-8''a%20%C3%BC.png`,
      'cache-control': 'public, max-age=60',
    });
    // Nothing else with it, and nothing without it.
    const other = url.replace('image%2Fpng', 'text%2Fhtml');
    for (const refused of [other, url.split('?')[0]!, url.replace('outputs/a', 'outputs/b')])
      expect([400, 403]).toContain((await fetch(refused)).status);
  });

  test('an address to write to takes so many bytes and no others, for its time', async () => {
    const { settings } = await makeBucket(s3);
    await using store = openS3Store({ ...settings, redirects: true });
    const put = async (url: string, body: string): Promise<number> =>
      (await fetch(url, { method: 'PUT', body, headers: { 'content-type': 'image/png' } })).status;
    const url = await store.addressToWrite!('outputs/a', 5, 60_000);
    expect(await put(url, '123456')).toBe(403);
    expect(await store.size('outputs/a')).toBeUndefined();
    expect(await put(url, '12345')).toBe(200);
    expect((await store.readAll('outputs/a')).toString()).toBe('12345');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 61_000 });
    const old = await store.addressToWrite!('outputs/a', 5, 60_000);
    vi.useRealTimers();
    expect(await put(old, '54321')).toBe(403);
  });
});
