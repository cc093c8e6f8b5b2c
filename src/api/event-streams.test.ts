/** Streams on a bare server: what holds for every source of events. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import Fastify from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { type EventReader, readEvents } from '../../test/support/read-events.ts';
import type { Identity } from '../accounts/authenticate.ts';
import type { Notifications } from '../db/notifications.ts';
import type { ApiError } from '../errors.ts';
import type { EventStream } from './event-stream.ts';
import { createEventStreams, type EventStreamsOptions } from './event-streams.ts';

const key = 'a key';
const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0).reverse()) await work();
});

interface Source {
  stream: EventStream;
  closed: Promise<void>;
  drained: number;
}

async function startServer(options: Partial<EventStreamsOptions> = {}) {
  const sources: Source[] = [];
  const arrivals: ((source: Source) => void)[] = [];
  let changeKeys: (ids: string[]) => void = () => {};
  const notifications = {
    subscribe: (_: string, listener: (ids: string[]) => void) => {
      changeKeys = listener;
      return () => {};
    },
  } as unknown as Notifications;
  const open: number[] = [];
  const streams = createEventStreams(notifications, {
    maxPerAccount: 10,
    observe: (count) => void open.push(count),
    ...options,
  });
  const server = Fastify({ forceCloseConnections: 'idle' });
  server.decorateRequest('identity', null as never);
  server.get<{ Params: { account: string } }>('/:account', async (request, reply) => {
    request.identity = {
      accountId: request.params.account,
      keyId: `key of ${request.params.account}`,
      sessionId: `session of ${request.params.account}`,
    } as Identity;
    reply.header('x-of-a-hook', 'kept');
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const source = { closed, drained: 0 } as Source;
    source.stream = streams.open(request, reply, { closed: resolve, drained: () => source.drained++ });
    sources.push(source);
    arrivals.shift()?.(source);
    return reply;
  });
  server.setErrorHandler((error, _, reply) => {
    const { status, headers, message } = error as ApiError;
    return reply.code(status).headers(headers).send({ message });
  });
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  cleanup.push(async () => {
    streams[Symbol.dispose]();
    server.server.closeAllConnections();
    await server.close();
  });
  return {
    server,
    streams,
    url,
    open,
    changeKeys: (ids: string[]) => changeKeys(ids),
    /** Both ends of a new stream. */
    async connect(account = 'one'): Promise<Source & { reader: EventReader }> {
      const reader = await readEvents({ url, key }, `/${account}`);
      cleanup.push(() => reader[Symbol.asyncDispose]());
      return Object.assign(sources.at(-1)!, { reader });
    },
    /** A reader that reads nothing. */
    async connectDeaf(): Promise<Source & { socket: Socket }> {
      const { promise, resolve } = Promise.withResolvers<Source>();
      arrivals.push(resolve);
      const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => {}).pause();
      cleanup.push(() => socket.destroy());
      await once(socket, 'connect');
      socket.write('GET /one HTTP/1.1\r\nHost: x\r\n\r\n');
      return Object.assign(await promise, { socket });
    },
  };
}

describe('a stream', () => {
  test('begins with headers that let it through proxies, those of hooks, and the time to come back after', async () => {
    const { connect } = await startServer();
    const { reader, stream } = await connect();
    expect(Object.fromEntries(reader.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-of-a-hook': 'kept',
    });
    stream.end();
    expect(await reader.rest()).toEqual([]);
    expect(reader.seen.retryMs).toBeGreaterThanOrEqual(1000);
    expect(reader.seen.retryMs).toBeLessThanOrEqual(3000);
  });

  test('gives events as they were sent, in order, whatever is in them', async () => {
    const { connect } = await startServer();
    const { reader, stream } = await connect();
    const data = [{ text: 'a\nb\r\nc\rd ü 🦊 \u2028' }, null, 'data: x', { id: 'x', event: 'y' }];
    for (const [index, one] of data.entries())
      stream.send({ id: `i-${index}`, event: `e${index}`, data: JSON.stringify(one) });
    stream.end();
    stream.send({ id: 'late', event: 'late', data: '1' });
    expect(await reader.rest()).toEqual(
      data.map((one, index) => ({ id: `i-${index}`, event: `e${index}`, data: one })),
    );
  });

  test('shows that it is alive while nothing is sent', async () => {
    const { connect } = await startServer({ heartbeatMs: 60 });
    const { reader, stream } = await connect();
    void reader.next();
    await expect.poll(() => reader.seen.comments).toBeGreaterThan(1);
    stream.end();
  });

  test('tells its source once when the client leaves, and is counted no more', async () => {
    const { connect, open } = await startServer();
    const { reader, closed } = await connect();
    expect(open).toEqual([1]);
    await reader[Symbol.asyncDispose]();
    await closed;
    await expect.poll(() => open).toEqual([1, 0]);
  });

  test('ends after its longest life, on a connection that ends with it', async () => {
    const { connect } = await startServer({ heartbeatMs: 30, maxLifeMs: 50 });
    const { reader, closed, stream } = await connect();
    stream.send({ id: '1', event: 'first', data: '1' });
    expect((await reader.rest()).map(({ event }) => event)).toEqual(['first']);
    await closed;
  });

  test.each(['key of one', 'session of one'])(
    'ends when the %s was changed, and another stays',
    async (id) => {
      const { connect, changeKeys } = await startServer();
      const one = await connect('one');
      const two = await connect('two');
      changeKeys([id]);
      expect(await one.reader.rest()).toEqual([]);
      two.stream.send({ id: '1', event: 'still', data: '1' });
      expect((await two.reader.next())?.event).toBe('still');
    },
  );

  test('of a HEAD has its headers and no more', async () => {
    const { url, open } = await startServer();
    const answer = await fetch(`${url}/one`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    await expect.poll(() => open).toEqual([1, 0]);
  });
});

describe('bounds', () => {
  test('an account has no more streams than it may; another has its own, and one that ended makes room', async () => {
    const { connect, url } = await startServer({ maxPerAccount: 2 });
    const { reader } = await connect('one');
    await connect('one');
    const refused = await fetch(`${url}/one`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(((await refused.json()) as { message: string }).message).toMatch(
      /^This account has 2 event streams open/,
    );
    await connect('two');
    await reader[Symbol.asyncDispose]();
    await expect.poll(async () => (await fetch(`${url}/one`, { method: 'HEAD' })).status).toBe(200);
  });

  test('a reader that takes nothing is told to be behind, and nothing piles up for it', async () => {
    const { connectDeaf } = await startServer();
    const source = await connectDeaf();
    const data = 'x'.repeat(10_000);
    let sent = 0;
    // As a source does: it leaves out what the reader would not take.
    while (!source.stream.behind) {
      source.stream.send({ id: String(sent++), event: 'status', data });
      await new Promise(setImmediate);
    }
    expect(sent).toBeGreaterThan(1);
    expect(source.drained).toBe(0);
    source.socket.resume();
    await expect.poll(() => source.drained).toBeGreaterThan(0);
    expect(source.stream.behind).toBe(false);
  });

  test('a source that sends on to one that takes nothing is stopped', async () => {
    const { connectDeaf } = await startServer();
    const source = await connectDeaf();
    const data = 'x'.repeat(100_000);
    let closed = false;
    void source.closed.then(() => {
      closed = true;
    });
    let sent = 0;
    for (; !closed; sent += data.length) {
      source.stream.send({ id: '1', event: 'status', data });
      await new Promise(setImmediate);
    }
    // What the kernel's buffers hold, and the megabyte of ours.
    expect(sent).toBeLessThan(32e6);
  });

  test('a reader that stays behind is cut off', async () => {
    const { connectDeaf, open } = await startServer({ heartbeatMs: 30, stalledMs: 50 });
    const source = await connectDeaf();
    while (!source.stream.behind) {
      source.stream.send({ id: '1', event: 'status', data: 'x'.repeat(10_000) });
      await new Promise(setImmediate);
    }
    await source.closed;
    expect(open).toEqual([1, 0]);
  });

  test('so is one that does not take the end', async () => {
    const { connectDeaf, open } = await startServer({ heartbeatMs: 30, stalledMs: 50 });
    const source = await connectDeaf();
    while (!source.stream.behind) {
      source.stream.send({ id: '1', event: 'status', data: 'x'.repeat(10_000) });
      await new Promise(setImmediate);
    }
    source.stream.end();
    await expect.poll(() => open).toEqual([1, 0]);
  });
});

test('at the end of the process all streams end whole, the server closes, and none is opened any more', async () => {
  const { connect, streams, server, url } = await startServer();
  const readers = [await connect('one'), await connect('two')];
  for (const { stream } of readers) stream.send({ id: '1', event: 'last', data: '1' });
  streams[Symbol.dispose]();
  const late = await fetch(`${url}/one`);
  expect(late.status).toBe(503);
  for (const { reader } of readers) expect((await reader.rest()).map(({ event }) => event)).toEqual(['last']);
  const from = performance.now();
  await server.close();
  expect(performance.now() - from).toBeLessThan(4000);
});
