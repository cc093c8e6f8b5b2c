/** Which calls are answered before the framework: those alone whose answer nothing else could change. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Status } from '../requests/status-row.ts';
import type { ApiContext } from './context.ts';
import { answerDirectly } from './direct-calls.ts';

const ID = '0190a000-0000-7000-8000-000000000001';
const PATH = `/v1/requests/${ID}/status`;
const KEY = { authorization: 'Bearer dk_known' };
const MODEL = '/v1/models/google/nano-banana-2/text-to-image';
const JSON_SENT = { ...KEY, 'content-type': 'application/json' };

const status: Status = {
  id: ID,
  account_id: 'ours',
  state: 'completed',
  started_at: null,
  done: 1,
  version: 3,
  ahead: null,
  details: '"model_id":"m"',
};

/** A server where everything else is answered by `framework`. @returns its end, which `close` begins. */
async function open(
  config: Partial<ApiContext['config']>,
  { level = 'silent', tracing = false }: { level?: string; tracing?: boolean } = {},
) {
  const http: Server = createServer((_, response) => response.end('framework'));
  let beforeClose = (_done: () => void): void => {};
  const framework = {
    server: http,
    addHook: (_: 'preClose', hook: typeof beforeClose) => {
      beforeClose = hook;
    },
  };
  const context = {
    config: { corsOrigins: ['*'], port: 1, ...config },
    log: pino({ level }, { write: () => {} }),
    authenticator: { identify: () => ({ accountId: 'ours', scopes: ['read'] }) },
    rateLimit: () => ({}),
    readStatus: (id: string) => (id === ID ? status : Promise.resolve(undefined)),
    metrics: { http: () => {} },
    tracing: { on: tracing },
    catalog: { find: () => undefined },
  };
  answerDirectly(framework as unknown as FastifyInstance, context as unknown as ApiContext);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const ask = (path: string, headers: Record<string, string> = KEY, method = 'GET', body?: string) =>
    new Promise<'framework' | 'direct'>((resolve, reject) => {
      const call = request({ port, path, method, headers, agent: false }, async (response) => {
        const text = (await response.toArray()).join('');
        resolve(text === 'framework' ? 'framework' : 'direct');
      });
      call.on('error', reject).end(body);
    });
  return { ask, close: () => beforeClose(() => {}), [Symbol.dispose]: () => void http.close() };
}

describe('the question for a status', () => {
  let server: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    server = await open({});
  });
  afterAll(() => server[Symbol.dispose]());

  test.each([
    ['a plain question', PATH, KEY],
    ['in capitals', `/v1/requests/${ID.toUpperCase()}/status`, KEY],
    ['by somebody who knows something', PATH, { ...KEY, 'if-none-match': '"2-"' }],
    ['from a page of another origin', PATH, { ...KEY, origin: 'https://elsewhere.example' }],
    ['of a request that is not there', PATH.replace('0001', '0002'), KEY],
  ])('is answered %s', async (_, path, headers) => {
    expect(await server.ask(path, headers)).toBe('direct');
  });

  test.each([
    ['one that waits', `${PATH}?wait=5`, KEY],
    ['one with an empty query', `${PATH}?`, KEY],
    ['one by a session, or by nobody', PATH, {}],
    ['one whose id is none', PATH.replace('0190', 'zzzz'), KEY],
    ['one that is encoded', PATH.replace('status', '%73tatus').replace('-7000', ''), KEY],
    ['of the result', PATH.replace('status', 'result'), KEY],
    ['of the same length', PATH.replace('requests', 'answers_'), KEY],
  ])('is not %s', async (_, path, headers) => {
    expect(await server.ask(path, headers)).toBe('framework');
  });

  test('is nothing else of the same address', async () => {
    for (const method of ['POST', 'OPTIONS', 'DELETE'])
      expect(await server.ask(PATH, KEY, method), method).toBe('framework');
    expect(await server.ask(PATH, { ...KEY, 'content-length': '2' }, 'GET', '{}')).toBe('framework');
    expect(await server.ask(PATH, { ...KEY, 'transfer-encoding': 'chunked' }, 'GET', '{}')).toBe('framework');
  });
});

describe('a submit', () => {
  let server: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    server = await open({});
  });
  afterAll(() => server[Symbol.dispose]());
  const post = (path: string, headers: Record<string, string>, body = '{"prompt":"x"}') =>
    server.ask(path, { 'content-length': String(Buffer.byteLength(body)), ...headers }, 'POST', body);

  test.each([
    ['as it is sent by most', MODEL, JSON_SENT],
    ['with its charset', MODEL, { ...KEY, 'content-type': 'application/json; charset=utf-8' }],
    ['with a key of its own', MODEL, { ...JSON_SENT, 'idempotency-key': 'a' }],
    ['of a model that is not there', `${MODEL}s`, JSON_SENT],
  ])('is answered %s', async (_, path, headers) => {
    expect(await post(path, headers)).toBe('direct');
    expect(await post(path, headers, '{ no JSON')).toBe('direct');
  });

  test.each([
    ['with a query', `${MODEL}?webhook=https://a.example`, JSON_SENT],
    ['by a session, or by nobody', MODEL, { 'content-type': 'application/json' }],
    ['of another type', MODEL, { ...KEY, 'content-type': 'text/plain' }],
    ['of a type that is JSON too', MODEL, { ...KEY, 'content-type': 'application/problem+json' }],
    ['compressed', MODEL, { ...JSON_SENT, 'content-encoding': 'gzip' }],
    ['that is only an estimate', `${MODEL}/estimate`, JSON_SENT],
    ['whose model is encoded', MODEL.replace('google', '%67oogle'), JSON_SENT],
    ['elsewhere', '/v1/keys', JSON_SENT],
  ])('is not one %s', async (_, path, headers) => {
    expect(await post(path, headers)).toBe('framework');
  });

  test('is not one of which nobody knows how long it is, one that is empty, or one with images in it', async () => {
    expect(await server.ask(MODEL, { ...JSON_SENT, 'transfer-encoding': 'chunked' }, 'POST', '{}')).toBe(
      'framework',
    );
    expect(await post(MODEL, JSON_SENT, '')).toBe('framework');
    expect(await post(MODEL, JSON_SENT, `"${'x'.repeat(2 ** 20)}"`)).toBe('framework');
  });

  test('is not one that is traced', async () => {
    using traced = await open({}, { tracing: true });
    const headers = { ...JSON_SENT, 'content-length': '2' };
    expect(await traced.ask(MODEL, headers, 'POST', '{}')).toBe('framework');
    expect(await traced.ask(PATH)).toBe('direct');
  });
});

test('while calls are logged, and once the server closes, all take the way of the framework', async () => {
  using logging = await open({}, { level: 'debug' });
  expect(await logging.ask(PATH)).toBe('framework');
  using closing = await open({});
  expect(await closing.ask(PATH)).toBe('direct');
  closing.close();
  expect(await closing.ask(PATH)).toBe('framework');
});

test('where only some origins may call, the answer depends on the caller', async () => {
  using server = await open({ corsOrigins: ['https://ours.example'] });
  expect(await server.ask(PATH)).toBe('framework');
});
