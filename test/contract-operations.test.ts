/** /health, /ready and /metrics; what is public, and HEAD. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
});
afterAll(() => server[Symbol.asyncDispose]());

const open = (path: string, method = 'GET') => call(server, path, { key: null, method });

test('health says that the process answers', async () => {
  const { status, body } = await open('/health');
  expect([status, body]).toEqual([200, { status: 'ok' }]);
});

test('ready says that database, files and a worker are there', async () => {
  const { status, body, headers } = await open('/ready');
  expect([status, body]).toEqual([
    200,
    {
      ready: true,
      checks: { database: { ok: true }, files: { ok: true }, worker: { ok: true } },
      backends: [{ name: 'sandbox', breaker: 'closed' }],
    },
  ]);
  expect(headers.get('cache-control')).toBe('no-store');
});

test('what is public asks for no key, and does not mind a wrong one', async () => {
  const { output } = await resultOf(server, await submit(server, { prompt: 'x', resolution: '0.5K' }));
  const paths = ['/health', '/ready', '/metrics', '/openapi.json', '/reference/', output.image];
  for (const path of paths) {
    expect([path, (await open(path)).status]).toEqual([path, 200]);
    expect([path, (await call(server, path, { key: 'dk_wrong' })).status]).toEqual([path, 200]);
  }
  for (const path of [
    '/v1/models',
    '/v1/models/categories',
    '/v1/requests',
    '/v1/files',
    '/v1/usage',
    '/v1/account',
    '/v1/keys',
  ])
    expect([path, (await open(path)).status]).toEqual([path, 401]);
});

test('HEAD answers as GET does, without the body', async () => {
  const id = await submit(server, { prompt: 'x', resolution: '0.5K' });
  await resultOf(server, id);
  for (const path of [
    '/health',
    '/openapi.json',
    '/v1/models',
    `/v1/requests/${id}/status`,
    `/v1/requests/${id}/result`,
  ]) {
    const get = await call(server, path);
    const head = await call(server, path, { method: 'HEAD' });
    expect([path, head.status, head.body]).toEqual([path, 200, '']);
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
  }
  expect((await call(server, '/v1/models', { method: 'HEAD', key: null })).status).toBe(401);
});

describe('metrics', () => {
  /** Every line that is a value: its name, labels and value. */
  const scrape = async () => {
    const { status, headers, body } = await open('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    return (body as string)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
        const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
        return {
          name: name!,
          labels: Object.fromEntries(pairs) as Record<string, string>,
          value: Number(value),
        };
      });
  };

  test('tell requests by state, how many wait and how long, how rounds and calls went', async () => {
    const account = await makeAccount(server, { maxRunning: 1 });
    await resultOf(account, await submit(account, { prompt: 'x [[sandbox:blocked]]' }));
    await submitEndless(account);
    await submit(account, { prompt: 'x' });
    await submit(account, { prompt: 'x' });
    const values = await scrape();
    const read = (name: string, labels: Record<string, string> = {}) =>
      values.find(
        (one) =>
          one.name === name && Object.entries(labels).every(([label, text]) => one.labels[label] === text),
      )?.value;
    expect(read('darkroom_requests', { state: 'queued' })).toBe(2);
    expect(read('darkroom_requests', { state: 'running' })).toBe(1);
    expect(read('darkroom_requests', { state: 'failed' })).toBeGreaterThanOrEqual(1);
    expect(read('darkroom_queue_depth', { pool: 'sandbox' })).toBe(2);
    expect(read('darkroom_queue_age_seconds', { pool: 'sandbox' })).toBeGreaterThanOrEqual(0);
    expect(read('darkroom_round_seconds_count', { backend: 'sandbox', outcome: 'content_blocked' })).toBe(1);
    expect(
      read('darkroom_http_request_seconds_count', {
        method: 'GET',
        route: '/v1/requests/:id/status',
        status: '2xx',
      }),
    ).toBeGreaterThan(0);
    expect(read('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  test('have labels of a few values only, whatever is called', async () => {
    const id = await submit(server, { prompt: 'x', resolution: '0.5K' });
    const { output } = await resultOf(server, id);
    await fetch(output.image);
    const stray = [
      '/wp-login.php',
      '/v1/requests/not-an-id/status',
      `/v1/models/${TEXT_TO_IMAGE}`,
      '/v1/models/none/at/all',
    ];
    for (const path of stray) await call(server, path);
    await call(server, '/wherever', { method: 'PROPFIND' });
    const labels = (await scrape()).flatMap((one) =>
      Object.entries(one.labels).map(([label, text]) => `${label}=${text}`),
    );
    const known = new Set(labels);
    for (const text of [
      id,
      output.image.split('/').at(-2),
      'wp-login',
      'not-an-id',
      'none/at',
      'google',
      'PROPFIND',
      server.key,
    ])
      expect([...known].filter((label) => label.includes(text))).toEqual([]);
    expect([...known].filter((label) => label.startsWith('route=')).length).toBeLessThan(40);
    expect(known).toContain('route=/v1/models/*');
    expect(known).toContain('route=unknown');
  });
});
