/** Browsers: pages of any origin may call the API, or of those that the operator names, and read what it says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, TEXT_TO_IMAGE } from './support/api.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const PAGE = 'https://studio.example.com';
const MODEL = `/v1/models/${TEXT_TO_IMAGE}`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const list = (header: string | null): string[] => (header ?? '').toLowerCase().split(/,\s*/);
const preflight = (
  method: string,
  path = MODEL,
  to: Pick<TestServer, 'url' | 'key'> = server,
  origin = PAGE,
) =>
  call(to, path, {
    method: 'OPTIONS',
    key: null,
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,idempotency-key,prefer,if-none-match',
    },
  });

describe('a preflight', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'lets %s through with the headers it needs, without a key',
    async (method) => {
      const { status, headers } = await preflight(method);
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(list(headers.get('access-control-allow-methods'))).toContain(method.toLowerCase());
      expect(list(headers.get('access-control-allow-headers'))).toEqual(
        expect.arrayContaining([
          'authorization',
          'content-type',
          'idempotency-key',
          'prefer',
          'if-none-match',
        ]),
      );
      expect(Number(headers.get('access-control-max-age'))).toBeGreaterThan(600);
    },
  );

  test.each(['/v1/requests/x/status', '/v1/files', '/v1/keys/x', '/files/x/y.png'])(
    'is answered for %s',
    async (path) => {
      expect((await preflight('GET', path)).status).toBe(204);
    },
  );
});

test('a page may read the headers that a client needs, of errors as well', async () => {
  for (const answer of [
    await call(server, '/v1/models', { headers: { origin: PAGE } }),
    await call(server, '/v1/models', { headers: { origin: PAGE }, key: null }),
    await call(server, '/nothing', { headers: { origin: PAGE } }),
  ]) {
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(list(answer.headers.get('access-control-expose-headers'))).toEqual(
      expect.arrayContaining([
        'x-request-id',
        'etag',
        'retry-after',
        'ratelimit-limit',
        'ratelimit-remaining',
        'ratelimit-reset',
        'idempotency-replayed',
        'content-disposition',
        'content-range',
        'www-authenticate',
      ]),
    );
    // A key is sent by the page itself, never by the browser.
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  }
});

test('where the operator names origins, no other page may', async () => {
  const own = 'https://own.example.com';
  await using strict = await startTestServer({ DARKROOM_CORS_ORIGINS: `${own}, https://second.example.com` });
  for (const [origin, allowed] of [
    [own, own],
    ['https://second.example.com', 'https://second.example.com'],
    [PAGE, null],
    [`${own}.evil.example`, null],
  ] as const) {
    const { headers } = await call(strict, '/v1/models', { headers: { origin } });
    expect([origin, headers.get('access-control-allow-origin')]).toEqual([origin, allowed]);
    expect(list(headers.get('vary'))).toContain('origin');
    expect((await preflight('POST', MODEL, strict, origin)).headers.get('access-control-allow-origin')).toBe(
      allowed,
    );
  }
});
