/** A status that is answered before the framework is the one that the framework would have answered, in every word and header. */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, resultOf, submit } from './support/api.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const UUID = /^[0-9a-f-]{36}$/;

let server: TestServer;
let ended: string;
let limited: Pick<TestServer, 'url' | 'key'>;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  ended = await submit(server, { prompt: 'ended', resolution: '0.5K' });
  await resultOf(server, ended);
  limited = await makeAccount(server, { maxRunning: 1 });
});
afterAll(() => server[Symbol.asyncDispose]());

/** One call, written as it is said. @returns all of the answer but what is another each time. */
function ask(path: string, headers: Record<string, string>) {
  const { hostname, port } = new URL(server.url);
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: unknown }>(
    (resolve, reject) => {
      const sent = request({ hostname, port, path, headers, agent: false }, async (response) => {
        const { date, 'x-request-id': callId, 'ratelimit-remaining': _, ...rest } = response.headers;
        const text = (await response.toArray()).join('');
        const body = text === '' ? '' : JSON.parse(text);
        const names = `${date ? 'dated' : ''} ${UUID.test(String(callId)) ? 'named' : ''}`;
        expect(names).toBe('dated named');
        if (response.statusCode! >= 400) {
          expect(body.request_id).toBe(callId);
          body.request_id = 'of this call';
        }
        resolve({ status: response.statusCode!, headers: rest, body });
      });
      sent.on('error', reject).end();
    },
  );
}

/** The same question, asked plainly and with an empty query, which the framework answers. */
async function both(id: string, headers: Record<string, string>, status: number): Promise<void> {
  const [direct, framework] = [
    await ask(`/v1/requests/${id}/status`, headers),
    await ask(`/v1/requests/${id}/status?`, headers),
  ];
  expect(direct).toEqual(framework);
  expect(direct.status).toBe(status);
}

const by = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });

test('of one that has ended', async () => {
  await both(ended, by(server), 200);
  await both(ended.toUpperCase(), by(server), 200);
  await both(ended, { ...by(server), origin: 'https://elsewhere.example' }, 200);
  await both(ended, { ...by(server), host: 'pictures.example:8080' }, 200);
  await both(ended, { ...by(server), host: 'no host' }, 200);
  await both(ended, { ...by(server), connection: 'keep-alive' }, 200);
});

test('of one that is known already', async () => {
  const { headers } = await ask(`/v1/requests/${ended}/status`, by(server));
  for (const known of [String(headers.etag), `W/${headers.etag}`, `"other", ${headers.etag}`, '*'])
    await both(ended, { ...by(server), 'if-none-match': known }, 304);
  await both(ended, { ...by(server), 'if-none-match': '"other"' }, 200);
});

test('of one that runs, and one that waits behind it', async () => {
  const first = await submitEndless(limited);
  const second = await submit(limited, { prompt: 'waiting' });
  await expect
    .poll(async () => (await call(limited, `/v1/requests/${first}/status`)).body.status)
    .toBe('in_progress');
  for (const id of [first, second]) await both(id, by(limited), 200);
});

test('what is refused', async () => {
  const unknown = ended.replace(/^./, (first) => (first === '0' ? '1' : '0'));
  await both(unknown, by(server), 404);
  await both(ended, by(limited), 404);
  await both(ended, { authorization: 'Bearer dk_unknown' }, 401);
  await both(ended, { authorization: 'Basic abc' }, 401);
  await both(ended, { authorization: `bearer  ${server.key} ` }, 200);
});

test('what is over the limit, and each call is counted once', async () => {
  const { body: key } = await call(server, '/v1/keys', {
    json: { name: 'slow', scopes: ['read'], requests_per_minute: 3 },
  });
  const slow = { url: server.url, key: key.key };
  const left = async () =>
    (await call(slow, `/v1/requests/${ended}/status`)).headers.get('ratelimit-remaining');
  expect([await left(), await left(), await left()]).toEqual(['2', '1', '0']);
  const [direct, framework] = [
    await ask(`/v1/requests/${ended}/status`, by(slow)),
    await ask(`/v1/requests/${ended}/status?`, by(slow)),
  ];
  for (const { headers } of [direct, framework])
    for (const name of ['retry-after', 'ratelimit-reset']) {
      expect(Number(headers[name])).toBeGreaterThan(0);
      headers[name] = 'some seconds';
    }
  const seconds = /Wait \d+ s/;
  for (const { body } of [direct, framework])
    (body as { message: string }).message = (body as { message: string }).message.replace(seconds, 'Wait');
  expect(direct).toEqual(framework);
  expect(direct.status).toBe(429);
});

test('both are counted as calls of the endpoint', async () => {
  const counted = async (): Promise<number> => {
    const { body } = await call(server, '/metrics', { key: null });
    const line =
      /^darkroom_http_request_seconds_count\{.*route="\/v1\/requests\/:id\/status".*2xx.*\} (\d+)/m;
    return Number(line.exec(body)?.[1]);
  };
  const before = await counted();
  await both(ended, by(server), 200);
  expect(await counted()).toBe(before + 2);
});
