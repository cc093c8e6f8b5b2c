/** What is answered before the framework is what the framework would have answered, in every word and header. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey } from './support/accounts.ts';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
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
function ask(path: string, headers: Record<string, string>, sentBody?: string) {
  const { hostname, port } = new URL(server.url);
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: unknown }>(
    (resolve, reject) => {
      const method = sentBody === undefined ? 'GET' : 'POST';
      const sent = request({ hostname, port, path, method, headers, agent: false }, async (response) => {
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
      sent.on('error', reject).end(sentBody);
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
  const { key } = await makeKey(server, { scopes: ['read'], requests_per_minute: 3 });
  const slow = { url: server.url, key };
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

describe('a submit', () => {
  const PATH = `/v1/models/${TEXT_TO_IMAGE}`;
  const SOME_ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

  /** The same submit both ways; of what is taken in, the id is another each time. */
  async function bothSubmits(
    body: string,
    status: number,
    headers: Record<string, string> = {},
    path = PATH,
    caller: { key: string } = server,
  ) {
    const sent = {
      ...by(caller),
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    };
    const answers = [await ask(path, sent, body), await ask(`${path}?`, sent, body)].map((answer) => ({
      ...answer,
      ...(answer.status === 200 && { body: JSON.stringify(answer.body).replace(SOME_ID, 'id') }),
    }));
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]!.status).toBe(status);
  }

  test('that is taken in', async () => {
    await bothSubmits('{"prompt":"x","resolution":"0.5K"}', 200);
    await bothSubmits('{"prompt":"ünï 🦊","resolution":"0.5K"}', 200, { host: 'pictures.example' });
    await bothSubmits('{"prompt":"x","resolution":"0.5K","odd":1}', 200);
    await bothSubmits('{"prompt":"x","resolution":"0.5K"}', 200, {
      'content-type': 'application/json; charset=utf-8',
    });
  });

  test('that was sent before under its key', async () => {
    const headers = { 'idempotency-key': 'sent before' };
    await call(server, PATH, { json: { prompt: 'x', resolution: '0.5K' }, headers });
    await bothSubmits('{"prompt":"x","resolution":"0.5K"}', 200, headers);
    await bothSubmits('{"prompt":"another","resolution":"0.5K"}', 422, headers);
  });

  test.each([
    ['no JSON', '{ "prompt": ', 400],
    ['no object', '["x"]', 422],
    ['a field that is wrong, and one that is missing', '{"num_images":99}', 422],
    ['what the database cannot keep', '{"prompt":"a\\u0000b"}', 422],
    ['more values than anything needs', `{"prompt":[${'0,'.repeat(260_000)}0]}`, 413],
  ])('with %s', async (_, body, status) => {
    await bothSubmits(body, status);
  });

  test('that is refused for who sends it, or what it names', async () => {
    const body = '{"prompt":"x"}';
    await bothSubmits(body, 404, {}, '/v1/models/nobody/has/this');
    await bothSubmits(body, 401, { authorization: 'Bearer dk_unknown' });
    await bothSubmits('{"prompt":"x","odd":1}', 422, { prefer: 'handling=strict' });
    const reader = await makeKey(server, { scopes: ['read'] });
    await bothSubmits(body, 403, by(reader));
    const poor = await makeAccount(server, { monthlyBudget: 0 });
    await bothSubmits(body, 402, by(poor));
  });
});
