/** GET /v1/requests/{id}/status: four words, a place in the queue, waiting for a change, and ETags. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { type Answer, call, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { submitEndless, TIME, untilStarted } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** Under the 2 s after which a waiting call looks by itself. */
const AT_ONCE_MS = 1900;

let server: TestServer;
/** One at a time, so that the others wait. */
let narrow: Pick<TestServer, 'url' | 'key'>;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  narrow = await makeAccount(server, { maxRunning: 1 });
  await submitEndless(narrow);
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(async () => {
  const { body } = await call(narrow, '/v1/requests?status=in_queue');
  for (const { request_id } of body.requests) await cancel(request_id);
});

const waiting = () => submit(narrow, { prompt: 'waiting' });
const cancel = (id: string) => call(narrow, `/v1/requests/${id}/cancel`, { method: 'POST' });
const statusOf = (
  caller: typeof narrow,
  id: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<Answer> => call(caller, `/v1/requests/${id}/status${query}`, { headers });

async function ended(prompt: string): Promise<Answer['body']> {
  const id = await submit(server, { prompt, resolution: '0.5K', num_images: 2 });
  for (;;) {
    const { body } = await statusOf(server, id, '?wait=20');
    if (body.status === 'completed') return body;
  }
}

describe('the body', () => {
  test('of a request in the queue', async () => {
    const id = await waiting();
    const { status, body, headers } = await statusOf(narrow, id);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(Object.keys(body).slice(0, 5)).toEqual([
      'request_id',
      'status',
      'queue_position',
      'status_url',
      'result_url',
    ]);
    const base = `${server.url}/v1/requests/${id}`;
    expect(body).toEqual({
      request_id: id,
      status: 'in_queue',
      queue_position: 0,
      status_url: `${base}/status`,
      result_url: `${base}/result`,
      cancel_url: `${base}/cancel`,
      model_id: TEXT_TO_IMAGE,
      created_at: expect.stringMatching(TIME),
      started_at: null,
      completed_at: null,
      progress: { done: 0, total: 1 },
    });
  });

  test('of one in progress has no position, and a fraction only once the backend reports one', async () => {
    const id = await submit(server, { prompt: 'x [[sandbox:slow=60000]]', num_images: 2 });
    await untilStarted(server, id);
    const { body } = await statusOf(server, id);
    expect(body).toMatchObject({
      status: 'in_progress',
      started_at: expect.stringMatching(TIME),
      completed_at: null,
    });
    expect(body).not.toHaveProperty('queue_position');
    expect(body.progress).toEqual({ done: 0, total: 2 });

    const quick = await submit(server, { prompt: 'x [[sandbox:slow=3000]]' });
    await untilStarted(server, quick);
    await expect
      .poll(async () => (await statusOf(server, quick)).body.progress.fraction, { timeout: 10_000 })
      .toBeGreaterThan(0);
  });

  test('of one that completed', async () => {
    const body = await ended('well');
    expect(body).toMatchObject({
      status: 'completed',
      started_at: expect.stringMatching(TIME),
      completed_at: expect.stringMatching(TIME),
    });
    expect(body.progress).toMatchObject({ done: 2, total: 2 });
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['error']));
    expect(body).not.toHaveProperty('queue_position');
  });

  test.each([
    ['blocked', 'content_blocked', false],
    ['error', 'backend_rejected', false],
    ['auth', 'backend_auth', false],
    ['model_unavailable', 'backend_unavailable', true],
    ['no_output', 'no_output', false],
    ['timeout', 'timeout', true],
  ])(
    'of one that failed (%s) is completed with an error, so that nobody waits for ever',
    async (word, code, retryable) => {
      const body = await ended(`x [[sandbox:${word}]]`);
      expect(body.status).toBe('completed');
      expect(body.error).toEqual({ code, message: expect.any(String), retryable });
      expect(body.completed_at).toMatch(TIME);
    },
  );

  test('of one that was cancelled', async () => {
    const id = await waiting();
    await cancel(id);
    const { body } = await statusOf(narrow, id);
    expect(body).toMatchObject({
      status: 'cancelled',
      started_at: null,
      completed_at: expect.stringMatching(TIME),
    });
    expect(body).not.toHaveProperty('queue_position');
  });
});

describe('queue_position', () => {
  test('counts those ahead, and moves up when one of them is cancelled', async () => {
    const ids = [await waiting(), await waiting(), await waiting(), await waiting()];
    const positions = async () =>
      Promise.all(ids.map(async (id) => (await statusOf(narrow, id)).body.queue_position));
    expect(await positions()).toEqual([0, 1, 2, 3]);
    await cancel(ids[1]!);
    expect(await positions()).toEqual([0, undefined, 1, 2]);
    await cancel(ids[3]!);
    expect(await positions()).toEqual([0, undefined, 1, undefined]);
    await cancel(ids[0]!);
    expect(await positions()).toEqual([undefined, undefined, 0, undefined]);
  });

  test("does not count another account's requests", async () => {
    await waiting();
    const other = await makeAccount(server, { maxRunning: 1 });
    await submitEndless(other);
    const id = await submit(other, { prompt: 'x' });
    expect((await statusOf(other, id)).body.queue_position).toBe(0);
  });
});

describe('?wait', () => {
  test('answers as soon as the state changes', async () => {
    const id = await waiting();
    const held = statusOf(narrow, id, '?wait=30');
    // Both calls go the same way; the first one is certainly waiting once this one has its answer.
    await statusOf(narrow, id);
    const from = performance.now();
    await cancel(id);
    expect((await held).body.status).toBe('cancelled');
    expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
  });

  test('answers when a running request ends', async () => {
    const id = await submit(server, { prompt: 'x [[sandbox:slow=500]]', resolution: '0.5K' });
    await untilStarted(server, id);
    const from = performance.now();
    expect((await statusOf(server, id, '?wait=30')).body.status).toBe('completed');
    expect(performance.now() - from).toBeLessThan(10_000);
  });

  test('answers at once for a request that has ended', async () => {
    const { request_id } = await ended('well');
    const from = performance.now();
    expect((await statusOf(server, request_id, '?wait=60')).body.status).toBe('completed');
    expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
  });

  test('answers with the state as it is when nothing changed in that time', async () => {
    const id = await waiting();
    const from = performance.now();
    const { status, body } = await statusOf(narrow, id, '?wait=1');
    expect([status, body.status]).toEqual([200, 'in_queue']);
    expect(performance.now() - from).toBeGreaterThan(950);
  });

  test.each(['0', '61', '-1', '1.5', 'soon', ''])('%j is no number of seconds from 1 to 60', async (wait) => {
    const { status, body } = await statusOf(narrow, await waiting(), `?wait=${wait}`);
    expect([status, body.error_code]).toEqual([422, 422001]);
    expect(body.detail[0].loc).toEqual(['query', 'wait']);
  });
});

describe('ETag', () => {
  test('a status that has not changed is a 304 without a body', async () => {
    const id = await waiting();
    const first = await statusOf(narrow, id);
    const etag = first.headers.get('etag')!;
    expect(etag).toMatch(/^"[^"]+"$/);
    for (const known of [etag, `W/${etag}`, `"another", ${etag}`, '*']) {
      const again = await statusOf(narrow, id, '', { 'if-none-match': known });
      expect([known, again.status, again.body]).toEqual([known, 304, '']);
      expect(again.headers.get('etag')).toBe(etag);
    }
    expect((await statusOf(narrow, id, '', { 'if-none-match': '"another"' })).status).toBe(200);
  });

  test('a change of state or position is a change of the tag', async () => {
    const first = await waiting();
    const second = await waiting();
    const tagOf = async (id: string) => (await statusOf(narrow, id)).headers.get('etag')!;
    const before = { first: await tagOf(first), second: await tagOf(second) };
    await cancel(first);
    for (const [id, tag] of [
      [first, before.first],
      [second, before.second],
    ] as const)
      expect((await statusOf(narrow, id, '', { 'if-none-match': tag })).status).toBe(200);
  });

  test('together with wait, what has not changed in that time is a 304', async () => {
    const id = await waiting();
    const etag = (await statusOf(narrow, id)).headers.get('etag')!;
    expect((await statusOf(narrow, id, '?wait=1', { 'if-none-match': etag })).status).toBe(304);
  });

  test('together with wait, a change that has come already is told at once', async () => {
    const id = await submit(server, { prompt: 'x [[sandbox:slow=60000]]' });
    await untilStarted(server, id);
    const from = performance.now();
    const { status, body } = await statusOf(server, id, '?wait=30', { 'if-none-match': '"of the queue"' });
    expect([status, body.status]).toEqual([200, 'in_progress']);
    expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
  });
});

test('the id may be written in capitals', async () => {
  const id = await waiting();
  expect((await statusOf(narrow, id.toUpperCase())).body.request_id).toBe(id);
});
