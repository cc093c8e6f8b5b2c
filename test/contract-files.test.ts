/** GET /files/…: output bytes for everybody who has the URL, and for nobody who guesses. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resultOf, submit } from './support/api.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let url: string;
let bytes: Buffer;
let etag: string;
beforeAll(async () => {
  server = await startTestServer();
  const { output } = await resultOf(
    server,
    await submit(server, { prompt: 'a lighthouse', resolution: '0.5K' }),
  );
  url = output.image;
  const response = await fetch(url);
  bytes = Buffer.from(await response.arrayBuffer());
  etag = response.headers.get('etag')!;
});
afterAll(() => server[Symbol.asyncDispose]());

const get = async (headers: Record<string, string> = {}, method = 'GET') => {
  const response = await fetch(url, { method, headers });
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
};

test('they need no key, may be kept for ever, and are only ever what they say', async () => {
  const { status, headers } = await get();
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('image/png');
  expect(headers.get('content-length')).toBe(String(bytes.length));
  expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(headers.get('accept-ranges')).toBe('bytes');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('content-disposition')).toMatch(/^inline; filename=".+\.png"$/);
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
});

test('HEAD tells the same without the bytes', async () => {
  const head = await get({}, 'HEAD');
  expect([head.status, head.bytes.length]).toEqual([200, 0]);
  for (const name of ['content-type', 'content-length', 'etag', 'accept-ranges', 'cache-control'])
    expect([name, head.headers.get(name)]).toEqual([name, (await get()).headers.get(name)]);
});

describe('Range', () => {
  test.each([
    ['bytes=0-9', 0, 9],
    ['bytes=100-', 100, undefined],
    ['bytes=-7', -7, undefined],
    ['bytes=5-99999999', 5, undefined],
  ])('%s is a 206 with that part', async (range, from, to) => {
    const { status, headers, bytes: part } = await get({ range });
    const start = from < 0 ? bytes.length + from : from;
    const end = to ?? bytes.length - 1;
    expect(status).toBe(206);
    expect(headers.get('content-range')).toBe(`bytes ${start}-${end}/${bytes.length}`);
    expect(headers.get('content-length')).toBe(String(end - start + 1));
    expect(part.equals(bytes.subarray(start, end + 1))).toBe(true);
    expect(headers.get('etag')).toBe(etag);
  });

  test('past the end is a 416 that says how long it is', async () => {
    const { status, headers, bytes: none } = await get({ range: `bytes=${bytes.length}-` });
    expect([status, none.length]).toEqual([416, 0]);
    expect(headers.get('content-range')).toBe(`bytes */${bytes.length}`);
  });

  test.each(['bytes=a-b', 'lines=1-2', 'bytes=0-1,5-6'])('%s is the whole', async (range) => {
    const { status, bytes: whole } = await get({ range });
    expect([status, whole.equals(bytes)]).toEqual([200, true]);
  });

  test('with If-Range counts only while the file is the same', async () => {
    expect((await get({ range: 'bytes=0-9', 'if-range': etag })).status).toBe(206);
    const other = await get({ range: 'bytes=0-9', 'if-range': '"another"' });
    expect([other.status, other.bytes.length]).toEqual([200, bytes.length]);
  });
});

test('If-None-Match with the tag is a 304 without the bytes', async () => {
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const { status, headers, bytes: none } = await get({ 'if-none-match': known });
    expect([known, status, none.length]).toEqual([known, 304, 0]);
    expect(headers.get('etag')).toBe(etag);
  }
  expect((await get({ 'if-none-match': '"x"' })).status).toBe(200);
});

describe('what is not there is a 404 in the one shape:', () => {
  test.each([
    ['an id nobody has', `/files/${'a'.repeat(32)}/output.png`],
    ['an id in capitals', ''],
    ['no id', '/files/output.png'],
    ['a way out', '/files/..%2f..%2fetc%2fpasswd'],
    ['a way out by dots', '/files/%2e%2e/%2e%2e/postgres/postgresql.conf'],
    ['the store itself', '/files/'],
  ])('%s', async (what, path) => {
    const response = await fetch(
      what === 'an id in capitals' ? url.toUpperCase().replace('HTTP://', 'http://') : server.url + path,
    );
    const body = (await response.json()) as { error_code: number };
    expect([response.status, body.error_code]).toEqual([404, 404001]);
  });
});

test('the name after the id is for people: the id alone counts', async () => {
  const id = url.split('/').at(-2);
  for (const path of [`/files/${id}`, `/files/${id}/my-lighthouse.png`])
    expect((await fetch(server.url + path)).status).toBe(200);
});
