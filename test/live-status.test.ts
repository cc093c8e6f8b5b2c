/** GET /v1/requests/{id}/events: the state at once, every change, each output once, and the end. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey } from './support/accounts.ts';
import { call, resultOf, submit } from './support/api.ts';
import { type EventReader, type ReceivedEvent, readEvents } from './support/read-events.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer, temporaryFolder } from './support/server.ts';

let server: TestServer;
/** One at a time, and one runs without end: the others wait. */
let narrow: Pick<TestServer, 'url' | 'key'>;
let running: string;
let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  const routing = join(folder, 'routing.json');
  // Rounds of a request one after the other, so that what comes in between can be seen.
  await writeFile(routing, JSON.stringify({ backends: { sandbox: { concurrency: 2 } } }));
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0', DARKROOM_ROUTING: routing });
  narrow = await makeAccount(server, { maxRunning: 1 });
  running = await submitEndless(narrow);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const readers: EventReader[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader[Symbol.asyncDispose]();
});

async function follow(
  id: string,
  { caller = server, after, query = '' }: { caller?: typeof narrow; after?: string; query?: string } = {},
): Promise<EventReader> {
  const headers = after === undefined ? {} : { 'last-event-id': after };
  const reader = await readEvents(caller, `/v1/requests/${id}/events${query}`, { headers });
  readers.push(reader);
  return reader;
}

const of = (events: ReceivedEvent[], kind: string) =>
  events.filter(({ event }) => event === kind).map(({ data }) => data);
const statusOf = async (id: string, caller = server as typeof narrow) =>
  (await call(caller, `/v1/requests/${id}/status`)).body;
const fourImages = (word = 'slow=100') =>
  submit(server, { prompt: `four [[sandbox:${word}]]`, num_images: 4, resolution: '0.5K' });

describe('of a request that runs', () => {
  test('four images are told one by one, each as the result has it, with the progress they make', async () => {
    const id = await fourImages();
    const events = await (await follow(id)).rest();
    const outputs = of(events, 'output');
    const result = (await call(server, `/v1/requests/${id}/result`)).body;
    expect(outputs.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3]);
    for (const { index, ordinal, ...file } of outputs)
      expect([ordinal, file]).toEqual([0, result.files[index]]);
    const counts = of(events, 'status').map(({ progress }) => progress.done);
    expect([...new Set(counts)]).toEqual([0, 1, 2, 3, 4]);
    expect(counts).toEqual(counts.toSorted());
    // No status tells of images that were not told before.
    for (const [index, { event, data }] of events.entries())
      if (event === 'status')
        expect(of(events.slice(0, index), 'output').length).toBeGreaterThanOrEqual(data.progress.done);
    expect(of(events, 'status').at(-1)).toEqual(await statusOf(id));
    expect(of(events, 'end')).toEqual([result]);
    expect(events.at(-1)!.event).toBe('end');
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
  });

  test('an output is there to be fetched when it is told, and the result has it as well', async () => {
    const id = await fourImages('slow=400');
    const reader = await follow(id);
    const [output] = of(await reader.until(({ event }) => event === 'output'), 'output');
    expect((await fetch(output.url)).headers.get('content-type')).toBe('image/png');
    const { body } = await call(server, `/v1/requests/${id}/result`);
    expect(body).toMatchObject({ status: 'in_progress', completed_at: null });
    expect(body).not.toHaveProperty('output');
    expect(body.files.map(({ url }: { url: string }) => url)).toContain(output.url);
    expect(body.progress.done).toBe(body.files.length);
  });

  test('the first event is the state, at once', async () => {
    const reader = await follow(running, { caller: narrow });
    expect(await reader.next()).toMatchObject({ event: 'status', data: await statusOf(running, narrow) });
  });

  test('several images of one round each have an event', async () => {
    const id = await submit(server, {
      prompt: 'x [[sandbox:images=3]]',
      limit_generations: false,
      num_images: 2,
      resolution: '0.5K',
    });
    const outputs = of(await (await follow(id)).rest(), 'output');
    expect(outputs.map(({ index, ordinal }) => [index, ordinal]).sort()).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
  });
});

describe('how it ends', () => {
  test('a failure is a completed status with an error, and a failed result', async () => {
    const id = await submit(server, { prompt: 'x [[sandbox:blocked]]' });
    const events = await (await follow(id)).rest();
    const error = { code: 'content_blocked', message: expect.any(String), retryable: false };
    expect(of(events, 'status').at(-1)).toMatchObject({ status: 'completed', error });
    expect(of(events, 'end')).toMatchObject([{ status: 'failed', error }]);
  });

  test('with some images refused, those that came, under the number they were asked as', async () => {
    const id = await fourImages('partial=2');
    const events = await (await follow(id)).rest();
    expect(
      of(events, 'output')
        .map(({ index }) => index)
        .sort(),
    ).toEqual([0, 1]);
    expect(of(events, 'end')[0].warnings).toHaveLength(2);
  });

  test('cancelling is told at once', async () => {
    const id = await submit(narrow, { prompt: 'waits' });
    const reader = await follow(id, { caller: narrow });
    expect((await reader.next())?.data).toMatchObject({ status: 'in_queue', queue_position: 0 });
    await call(narrow, `/v1/requests/${id}/cancel`, { method: 'POST' });
    const events = await reader.rest();
    expect(events.map(({ event, data }) => [event, data.status])).toEqual([
      ['status', 'cancelled'],
      ['end', 'cancelled'],
    ]);
  });

  test('of one that has ended all is told again and the stream ends; with its cost if that is asked for', async () => {
    const id = await fourImages('slow=0');
    await resultOf(server, id);
    const events = await (await follow(id, { query: '?include_cost=true' })).rest();
    expect(events.map(({ event }) => event)).toEqual([
      'output',
      'output',
      'output',
      'output',
      'status',
      'end',
    ]);
    expect(events.at(-1)!.data).toEqual(
      (await call(server, `/v1/requests/${id}/result?include_cost=true`)).body,
    );
  });

  test('a synchronous request keeps its bytes for the result', async () => {
    const id = await submit(server, { prompt: 'x', sync_mode: true }, 'google/nano-banana/pro/text-to-image');
    const events = await (await follow(id)).rest();
    expect(of(events, 'end')[0]).toMatchObject({
      status: 'completed',
      files: [{ content_type: 'image/png' }],
    });
    expect(JSON.stringify(events)).not.toMatch(/data:image|\/files\//);
    const { body } = await call(server, `/v1/requests/${id}/result`);
    expect(body.output.image).toMatch(/^data:image\/png;base64,/);
  });

  test('one that was deleted is no more', async () => {
    const id = await submit(server, { prompt: 'x [[sandbox:blocked]]' });
    await resultOf(server, id);
    await call(server, `/v1/requests/${id}`, { method: 'DELETE' });
    expect((await call(server, `/v1/requests/${id}/events`)).status).toBe(404);
  });
});

describe('coming back', () => {
  test('after any event, the rest comes and nothing twice', async () => {
    const id = await fourImages('slow=0');
    const whole = await (await follow(id)).rest();
    for (const [index, { id: after }] of whole.entries()) {
      if (index === whole.length - 1) continue;
      // Statuses that were overtaken meanwhile are left out; all else comes, and once.
      const kept = whole.slice(0, index + 1);
      const rest = await (await follow(id, { after })).rest();
      expect(
        of([...kept, ...rest], 'output')
          .map((output) => output.url)
          .sort(),
      ).toEqual(
        of(whole, 'output')
          .map((output) => output.url)
          .sort(),
      );
      expect(of(rest, 'end')).toEqual(of(whole, 'end'));
      expect(rest.map((event) => event.id).filter((one) => kept.some((event) => event.id === one))).toEqual(
        [],
      );
    }
  });

  test('in the middle of its work, again and again, gives the same as one that stayed', async () => {
    const id = await fourImages();
    const staying = follow(id).then((reader) => reader.rest());
    const seen: ReceivedEvent[] = [];
    while (seen.at(-1)?.event !== 'end') {
      const after = seen.at(-1)?.id;
      const reader = await follow(id, after === undefined ? {} : { query: `?last_event_id=${after}` });
      seen.push((await reader.next())!);
      await reader[Symbol.asyncDispose]();
    }
    const byUrl = (events: ReceivedEvent[]) =>
      of(events, 'output')
        .map(({ url }) => url)
        .sort();
    expect(byUrl(seen)).toEqual(byUrl(await staying));
    expect(new Set(seen.map((event) => event.id)).size).toBe(seen.length);
    expect(of(seen, 'end')).toEqual(of(await staying, 'end'));
  });

  test('after the end is a 204, which browsers take as the last word', async () => {
    const id = await submit(server, { prompt: 'x [[sandbox:blocked]]' });
    const end = (await (await follow(id)).rest()).at(-1)!;
    const answer = await call(server, `/v1/requests/${id}/events`, { headers: { 'last-event-id': end.id } });
    expect([answer.status, answer.body]).toEqual([204, '']);
  });

  test('with an unknown id gives the state as to a new reader', async () => {
    const reader = await follow(running, { caller: narrow, after: 'from another service' });
    expect((await reader.next())?.event).toBe('status');
  });
});

describe('queue positions', () => {
  test('are told as others leave the queue, about once a second', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 6; count++) ids.push(await submit(narrow, { prompt: 'waits' }));
    const reader = await follow(ids.at(-1)!, { caller: narrow });
    const first = await reader.next();
    expect(first?.data.queue_position).toBe(5);
    const from = performance.now();
    // All at once: one event tells of them together, at most one more if they fall on both sides of a look.
    for (const id of ids.slice(0, 5)) await call(narrow, `/v1/requests/${id}/cancel`, { method: 'POST' });
    const events = await reader.until(({ data }) => data.queue_position === 0);
    expect(events.length).toBeLessThanOrEqual(3);
    expect(performance.now() - from).toBeLessThan(10_000);
    for (const { event } of events) expect(event).toBe('status');
    await call(narrow, `/v1/requests/${ids.at(-1)}/cancel`, { method: 'POST' });
  });
});

describe('who may', () => {
  test("another account's request is no such request, as one that never was", async () => {
    const refusals = [
      await call(narrow, `/v1/requests/${await submit(server, { prompt: 'x' })}/events`),
      await call(server, '/v1/requests/01890000-0000-7000-8000-000000000000/events'),
    ];
    for (const { status, body } of refusals) {
      expect([status, body.error_code, body.message]).toEqual([404, 404001, 'There is no such request.']);
    }
  });

  test('a key that may read, and none else', async () => {
    const id = await submit(server, { prompt: 'x' });
    const { key } = await makeKey(server, { scopes: ['read'] });
    expect((await (await follow(id, { caller: { ...server, key } })).rest()).at(-1)?.event).toBe('end');
    expect((await call(server, `/v1/requests/${id}/events`, { key: null })).status).toBe(401);
    expect((await call(server, '/v1/requests/x/events')).status).toBe(400);
  });

  test('a stream ends when its key is revoked, and is not given again', async () => {
    const { id: keyId, key } = await makeKey(narrow, { scopes: ['read'] });
    const reader = await follow(running, { caller: { ...narrow, key } });
    await reader.next();
    await call(narrow, `/v1/keys/${keyId}`, { method: 'DELETE' });
    expect(await reader.rest()).toEqual([]);
    expect((await call(narrow, `/v1/requests/${running}/events`, { key })).status).toBe(401);
  });

  test('pages of other origins, which see what they need', async () => {
    const reader = await follow(running, { caller: narrow });
    expect(reader.headers.get('access-control-allow-origin')).toBe('*');
    const preflight = await fetch(`${server.url}/v1/requests/${running}/events`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://example.org',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,last-event-id',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,last-event-id');
  });
});

test('an account has as many streams as it may, counted until they are closed', async () => {
  await using small = await startTestServer({ DARKROOM_MAX_STREAMS: '2', DARKROOM_SHUTDOWN_GRACE: '0' });
  const id = await submitEndless(small);
  const first = await follow(id, { caller: small });
  await follow(id, { caller: small });
  const path = `/v1/requests/${id}/events`;
  const { status, headers, body } = await call(small, path);
  expect([status, body.error_code, headers.get('retry-after')]).toEqual([429, 429001, '5']);
  expect(body.message).toMatch(/has 2 event streams open, as many as it may/);
  // The other calls go on.
  expect((await call(small, `/v1/requests/${id}/status`)).status).toBe(200);
  const metrics = await call(small, '/metrics');
  expect(metrics.body).toMatch(/^darkroom_event_streams 2$/m);
  await first[Symbol.asyncDispose]();
  await expect.poll(async () => (await call(small, path, { method: 'HEAD' })).status).toBe(200);
});

test('at the end of the process a stream tells of what still finished, and ends', async () => {
  const closing = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '10s' });
  const quick = await submit(closing, { prompt: 'x [[sandbox:slow=500]]', resolution: '0.5K' });
  const reader = await follow(quick, { caller: closing });
  await reader.next();
  const from = performance.now();
  const closed = closing[Symbol.asyncDispose]();
  expect((await reader.rest()).at(-1)).toMatchObject({ event: 'end', data: { status: 'completed' } });
  await closed;
  expect(performance.now() - from).toBeLessThan(15_000);
});

test('one that runs on does not keep the process from ending: its readers are sent away', async () => {
  const closing = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  const reader = await follow(await submitEndless(closing), { caller: closing });
  await reader.next();
  await closing[Symbol.asyncDispose]();
  expect((await reader.rest()).map(({ event }) => event)).not.toContain('end');
  // Whom the server waits for in vain is cut off.
  expect(reader.seen.brokenOff).toBe(false);
});
