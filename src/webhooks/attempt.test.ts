import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createSafeFetch } from '../files/safe-fetch.ts';
import { attempt } from './attempt.ts';

const { post } = createSafeFetch({ allowInputHosts: ['127.0.0.1'] });
const forever = new AbortController().signal;

async function serve(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const message = (url: string) => ({ url, headers: {}, body: '{}' });

test('a receiver that does not answer in time has failed', async () => {
  const url = await serve(() => {});
  const outcome = await attempt(post, message(url), forever, 500);
  expect(outcome).toMatchObject({ verdict: 'again', status: null, error: 'took longer than 0.5 s' });
  expect(outcome.durationMs).toBeGreaterThanOrEqual(490);
});

test('one that has begun its answer in time has not, however long it goes on', async () => {
  const url = await serve((_, response) => void response.writeHead(200).write('well'));
  expect(await attempt(post, message(url), forever, 100)).toMatchObject({
    verdict: 'delivered',
    status: 200,
  });
});

test('one that breaks the connection, is gone, or may not be called has failed in words', async () => {
  const breaking = await serve((request) => request.socket.destroy());
  expect(await attempt(post, message(breaking), forever)).toMatchObject({
    verdict: 'again',
    error: 'the connection broke off',
  });
  expect(await attempt(post, message('http://127.0.0.1:1/'), forever)).toMatchObject({
    verdict: 'again',
    error: 'the host refused the connection',
  });
  const { post: strict } = createSafeFetch({
    allowInputHosts: [],
    resolve: async () => [{ address: '10.0.0.1', family: 4 }],
  });
  expect(await attempt(strict, message('https://inner.test/'), forever)).toMatchObject({
    verdict: 'again',
    error: "the host's address is not public",
  });
});

test('an answer says when to come back, and shows how it began', async () => {
  const url = await serve((_, response) =>
    response.writeHead(429, { 'retry-after': '120' }).end(`\u0000slow\tdown\n${'x'.repeat(2000)}`),
  );
  const { excerpt, ...outcome } = await attempt(post, message(url), forever);
  expect(outcome).toMatchObject({ verdict: 'again', status: 429, retryAfterSeconds: 120 });
  expect(excerpt).toMatch(/^slow down x+$/);
  expect(excerpt!.length).toBeLessThanOrEqual(512);
});

test('410 is for good', async () => {
  const url = await serve((_, response) => response.writeHead(410).end());
  expect(await attempt(post, message(url), forever)).toMatchObject({ verdict: 'gone', excerpt: null });
});

test('an attempt that is cut off has no outcome', async () => {
  const cut = new AbortController();
  const url = await serve(() => cut.abort(new Error('the process ends')));
  await expect(attempt(post, message(url), cut.signal)).rejects.toThrow('the process ends');
});
