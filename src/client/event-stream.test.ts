import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConnectionError, RateLimitError } from './errors.ts';
import { NoEvents, streamEvents } from './event-stream.ts';
import { Transport } from './transport.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** What one connection sends, at once; it stays open unless it says `end`. */
type Connection = { send?: string; end?: boolean; status?: number; type?: string; never?: boolean };

/** A server whose connections are these, one after the other; the last for all that follow. */
function serverOf(...connections: Connection[]) {
  const asked: Headers[] = [];
  const push: ((text: string) => void)[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const {
      send,
      end,
      status = 200,
      type = 'text/event-stream',
      never,
    } = connections[Math.min(asked.length, connections.length - 1)]!;
    asked.push(new Headers(init?.headers));
    const broken = new Promise<never>((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal!.reason));
    });
    if (never) return broken;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const write = (text: string) => controller.enqueue(new TextEncoder().encode(text));
        push.push(write);
        if (send) write(send);
        if (end) controller.close();
        else broken.catch((error) => controller.error(error));
      },
    });
    broken.catch(() => {});
    return new Response(status === 200 ? body : 'no', { status, headers: { 'content-type': type } });
  };
  const transport = new Transport({ apiKey: 'dk_key', baseUrl: 'http://darkroom', fetch });
  return { transport, asked, push };
}

const OPTIONS = { path: '/events', patienceMs: 0 };

test('a stream that ends is gone on with after the last event, when the server says', async () => {
  const { transport, asked } = serverOf(
    { send: 'retry: 3000\n\nid: 7\ndata: one\n\n', end: true },
    { send: 'id: 8\ndata: two\n\n' },
  );
  const events = streamEvents(transport, OPTIONS);
  expect((await events.next()).value).toMatchObject({ id: '7', data: 'one' });
  const next = events.next();
  await vi.advanceTimersByTimeAsync(2999);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect((await next).value).toMatchObject({ id: '8', data: 'two' });
  expect(asked.map((headers) => headers.get('last-event-id'))).toEqual([null, '7']);
  await events.return();
  expect(vi.getTimerCount()).toBe(0);
});

test('a server that falls silent is called again; comments are no silence, nor is a slow reader', async () => {
  const { transport, asked, push } = serverOf({ send: 'id: 1\ndata: one\n\n' }, { send: 'data: two\n\n' });
  const events = streamEvents(transport, { ...OPTIONS, otherwiseAfterMs: 10_000 });
  await events.next();
  // The reader takes its time.
  await vi.advanceTimersByTimeAsync(600_000);
  const next = events.next();
  await vi.advanceTimersByTimeAsync(40_000);
  push[0]!(':\n\n');
  await vi.advanceTimersByTimeAsync(40_000);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(6_000);
  expect((await next).value).toMatchObject({ data: 'two' });
  expect(asked).toHaveLength(2);
  await events.return();
});

test.each([
  ['has no such path', { status: 404 }, true],
  ['answers with something else', { type: 'text/html', send: '<html>' }, true],
  ['never answers, as behind a proxy that collects', { never: true }, true],
  ['opens and sends nothing but comments', { send: 'retry: 1\n\n:\n\n' }, true],
  ['has too many streams open', { status: 429 }, false],
])('there are no events when the server %s', async (_, connection, forGood) => {
  const { transport } = serverOf(connection);
  const events = streamEvents(transport, { ...OPTIONS, otherwiseAfterMs: 10_000 });
  const ended = events.next().catch((error) => error);
  await vi.advanceTimersByTimeAsync(10_000);
  const error = await ended;
  expect(error).toBeInstanceOf(NoEvents);
  expect(error).toMatchObject({ forGood });
  expect(vi.getTimerCount()).toBe(0);
});

test('a stream that only ever breaks is given up, and sooner or later so is a server that stays away', async () => {
  const { transport, asked } = serverOf({ end: true });
  const ended = streamEvents(transport, OPTIONS)
    .next()
    .catch((error) => error);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await ended).toBeInstanceOf(ConnectionError);
  expect(asked).toHaveLength(5);

  const patient = serverOf({ send: 'data: 1\n\n', end: true }, { status: 503 });
  const events = streamEvents(patient.transport, { ...OPTIONS, patienceMs: 60_000 });
  await events.next();
  const gone = events.next().catch((error) => error);
  await vi.advanceTimersByTimeAsync(59_000);
  const tries = patient.asked.length;
  expect(tries).toBeGreaterThan(8);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await gone).toMatchObject({ status: 503 });
  expect(patient.asked.length - tries).toBeLessThanOrEqual(2);
});

test('where there is no other way, it waits until the account may have one more stream', async () => {
  const { transport, asked } = serverOf({ status: 429 }, { send: 'data: one\n\n' });
  const events = streamEvents(transport, OPTIONS);
  const first = events.next();
  await vi.advanceTimersByTimeAsync(1000);
  expect((await first).value).toMatchObject({ data: 'one' });
  expect(asked).toHaveLength(2);
  await events.return();
});

test('what the key may not do ends it at once', async () => {
  const { transport, asked } = serverOf({ status: 401 });
  const error = await streamEvents(transport, OPTIONS)
    .next()
    .catch((thrown) => thrown);
  expect(error).toMatchObject({ status: 401 });
  expect(error).not.toBeInstanceOf(RateLimitError);
  expect(asked).toHaveLength(1);
});

test('an aborted signal ends it with its reason, whatever it was doing', async () => {
  for (const connection of [{ never: true }, { send: ':\n\n' }, { end: true }]) {
    const controller = new AbortController();
    const { transport } = serverOf(connection);
    const ended = streamEvents(transport, { ...OPTIONS, signal: controller.signal })
      .next()
      .catch((error) => error);
    await vi.advanceTimersByTimeAsync(100);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await ended).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  }
});
