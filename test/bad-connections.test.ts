/** Callers that speak badly, slowly or not to the end: cut off in time, with an answer where there can be one. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, TEXT_TO_IMAGE } from './support/api.ts';
import { expectCleanError, expectHealthy, expectWell } from './support/clean-error.ts';
import { openRaw, parseAnswer, sendRaw } from './support/raw-http.ts';
import { startTestServer } from './support/server.ts';

/** The server's own are minutes; the test does not wait for those. */
const TIMEOUT_MS = 1000;
/** It looks once a second. */
const PATIENCE_MS = TIMEOUT_MS + 4000;

let server: Awaited<ReturnType<typeof startTestServer>>;
beforeAll(async () => {
  server = await startTestServer();
  const http = server.app.server.server;
  expect(http.requestTimeout).toBeGreaterThan(0);
  expect(http.headersTimeout).toBeGreaterThan(0);
  expect(http.timeout).toBeGreaterThan(60_000);
  http.requestTimeout = TIMEOUT_MS;
  http.headersTimeout = TIMEOUT_MS;
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => expectHealthy(server));

const head = (length: number | string, more = ''): string =>
  `POST /v1/models/${TEXT_TO_IMAGE} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${server.key}\r\n` +
  `content-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n`;
const HEALTH = 'GET /health HTTP/1.1\r\nhost: a\r\n';
const MALFORMED = { code: 400001, says: /not a valid HTTP request/ } as const;

describe('a caller that takes its time', () => {
  test.each([
    ['with its body', () => `${head(1000)}{"prompt":`],
    [
      'with a body in pieces',
      () => `${head(0).replace(/content-length: 0/, 'transfer-encoding: chunked')}3\r\n{"p`,
    ],
    ['with its headers', () => 'GET /health HTTP/1.1\r\nhost: a\r\nx-slow: '],
    ['with its first line', () => 'GET /hea'],
    ['with an upload', () => `${head(100_000).replace(`models/${TEXT_TO_IMAGE}`, 'files')}\u0089PNG`],
  ])('%s is told so and let go', async (_, text) => {
    const startedAt = performance.now();
    const answer = await sendRaw(server, text());
    expectCleanError(answer, { code: 408001, says: /did not arrive in the time/ });
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  });

  test('a byte now and then does not win more', async () => {
    const startedAt = performance.now();
    using connection = await openRaw(server, `${head(1000)}{`);
    const drip = setInterval(() => connection.socket.write(' '), 100);
    expectCleanError(parseAnswer(await connection.closed), { code: 408001 });
    clearInterval(drip);
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  });

  test('three hundred of them keep nobody else waiting', async () => {
    const many = await Promise.all(Array.from({ length: 300 }, () => openRaw(server, `${head(1000)}{`)));
    const startedAt = performance.now();
    await expectHealthy(server);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    const answers = await Promise.all(many.map(({ closed }) => closed));
    for (const answer of answers) expect(parseAnswer(answer).status).toBe(408);
  });

  test('one who only listens is let go when it stays silent', async () => {
    using connection = await openRaw(server, '');
    expectCleanError(parseAnswer(await connection.closed), { code: 408001 });
  });
});

describe('what is no HTTP', () => {
  test.each([
    ['a line of nothing', '\r\n\r\nHELO\r\n\r\n'],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex').toString('latin1')],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an unknown method', 'BREW /health HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['a method of a thousand letters', `${'G'.repeat(1000)} /health HTTP/1.1\r\nhost: a\r\n\r\n`],
    ['another version', 'GET /health HTTP/9.9\r\nhost: a\r\n\r\n'],
    ['a header without a colon', `${HEALTH}nonsense\r\n\r\n`],
    ['a header with a control character', `${HEALTH}x: a\u0000b\r\n\r\n`],
    ['a header with a blank in its name', `${HEALTH}x y: a\r\n\r\n`],
    ['a folded header', `${HEALTH}x: a\r\n b\r\n\r\n`],
    ['two lengths', `${HEALTH}content-length: 1\r\ncontent-length: 2\r\n\r\nab`],
    ['a length and pieces', `${HEALTH}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a length that is no number', `${HEALTH}content-length: many\r\n\r\n`],
    ['a negative length', `${HEALTH}content-length: -1\r\n\r\n`],
    ['a length beyond all numbers', `${HEALTH}content-length: 99999999999999999999999\r\n\r\n`],
    ['pieces of a wrong size', `${HEALTH}transfer-encoding: chunked\r\n\r\nzz\r\n\r\n`],
    ['pieces and something else', `${HEALTH}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ['line ends without their beginning', 'GET /health HTTP/1.1\nhost: a\n\nGET'],
  ])('%s is refused and the connection closed', async (_, text) => {
    using connection = await openRaw(server, Buffer.from(text, 'latin1'));
    const all = await connection.closed;
    // A body that turns out to be wrong behind a call that was answered needs no second answer.
    const last = all.slice(all.lastIndexOf('HTTP/1.1 '));
    const answer = parseAnswer(last);
    if (answer.status === 408) expectCleanError(answer, { code: 408001 });
    else expectCleanError(answer, MALFORMED);
  });

  test('behind a whole call it does not touch that call’s answer', async () => {
    using connection = await openRaw(server, `${HEALTH}\r\n\u0000\u0001 garbage \r\n\r\n`);
    const all = await connection.closed;
    const [first, ...rest] = all.split(/(?=HTTP\/1\.1 )/);
    expect(['ok', undefined]).toContain(parseAnswer(first!).body.status);
    for (const answer of rest) expectCleanError(parseAnswer(answer), MALFORMED);
  });

  test('a call smuggled behind a length that is too short is a call of nobody', async () => {
    const body = '{"prompt":"a"}';
    const smuggled = 'GET /v1/account HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
    using connection = await openRaw(server, head(body.length) + body + smuggled);
    const [first, second] = (await connection.closed).split(/(?=HTTP\/1\.1 )/);
    expect(parseAnswer(first!).status).toBe(200);
    expectCleanError(parseAnswer(second!), { code: 400004 });
  });
});

describe('a length that is wrong', () => {
  test('too short leaves malformed JSON and a malformed call', async () => {
    using connection = await openRaw(server, `${head(5)}{"prompt":"a"}\r\n\r\n`);
    const [first, second] = (await connection.closed).split(/(?=HTTP\/1\.1 )/);
    expectCleanError(parseAnswer(first!), { code: 400001 });
    if (second) expectCleanError(parseAnswer(second), MALFORMED);
  });

  test('too long ends with the connection when the caller closes it', async () => {
    const before = await submitted();
    using connection = await openRaw(server, `${head(100)}{"prompt":"a"}`);
    connection.socket.end();
    const all = await connection.closed;
    if (all !== '') expectCleanError(parseAnswer(all), { code: 400001 });
    expect(await submitted()).toBe(before);
  });

  test('more than 64 MiB is refused before the body is sent', async () => {
    using connection = await openRaw(server, head(65 * 2 ** 20, 'expect: 100-continue\r\n'));
    expectCleanError(parseAnswer(await connection.closed), { code: 413001 });
  });
});

test('callers who leave while they wait for a change are forgotten', async () => {
  const id = (
    await call(server, `/v1/models/${TEXT_TO_IMAGE}`, { json: { prompt: '[[sandbox:slow=2000]]' } })
  ).body.request_id;
  const held = await Promise.all(
    Array.from({ length: 50 }, () =>
      openRaw(
        server,
        `GET /v1/requests/${id}/status?wait=60 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${server.key}\r\n\r\n`,
      ),
    ),
  );
  for (const { socket } of held) socket.destroy();
  await expect.poll(openConnections, { timeout: 3000 }).toBeLessThan(20);
});

test('after all of this the server makes pictures as before', async () => {
  await expectWell(server);
});

const submitted = async (): Promise<number> =>
  (await call(server, '/v1/requests?limit=100')).body.requests.length;

const openConnections = (): Promise<number> =>
  new Promise((resolve, reject) =>
    server.app.server.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
