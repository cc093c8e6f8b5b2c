/** Errors: one shape, the codes of the contract, and nothing that is nobody's business. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareServer } from '../src/api/server.ts';
import { readConfig } from '../src/config/config.ts';
import { createLog } from '../src/log.ts';
import { makeAccount, makeKey } from './support/accounts.ts';
import { type Answer, type CallOptions, call, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const MODEL = `/v1/models/${TEXT_TO_IMAGE}`;
const NOBODY = '01890000-0000-7000-8000-000000000000';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
});
afterAll(() => server[Symbol.asyncDispose]());

/** The one shape, with the call's id in body and header. */
function expectError({ status, headers, body }: Answer, expected: [number, number, string]): void {
  expect([status, body.error_code, body.error_name]).toEqual(expected);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  const fields = ['error_code', 'error_name', 'message', ...(body.detail ? ['detail'] : []), 'request_id'];
  expect(Object.keys(body)).toEqual(fields);
  expect(body.message).toMatch(/^\S.{8,}/);
  expect(body.request_id).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get('x-request-id')).toBe(body.request_id);
  for (const violation of body.detail ?? []) {
    expect(violation).toEqual({ loc: expect.any(Array), msg: expect.any(String), type: expect.any(String) });
    expect(violation.loc.every((part: unknown) => typeof part === 'string')).toBe(true);
  }
}

describe('every error of the contract:', () => {
  const cases: [what: string, expected: [number, number, string], path: string, options: CallOptions][] = [
    [
      'malformed JSON',
      [400, 400001, 'InvalidResourceIdentifier'],
      MODEL,
      { body: '{"prompt":', headers: { 'content-type': 'application/json' } },
    ],
    ['an empty body', [400, 400001, 'InvalidResourceIdentifier'], MODEL, { method: 'POST' }],
    ['a malformed id', [400, 400001, 'InvalidResourceIdentifier'], '/v1/requests/42/status', {}],
    ['a malformed URL', [400, 400001, 'InvalidResourceIdentifier'], '/v1/models/%E0%A4%A', {}],
    ['no key', [401, 400004, 'UserAccountError'], '/v1/models', { key: null }],
    ['an unknown key', [401, 400004, 'UserAccountError'], '/v1/models', { key: 'dk_unknown' }],
    ['no such request', [404, 404001, 'ResourceNotFound'], `/v1/requests/${NOBODY}/status`, {}],
    ['no such model', [404, 404001, 'ResourceNotFound'], '/v1/models/google/none', { json: { prompt: 'x' } }],
    ['no such path', [404, 404001, 'ResourceNotFound'], '/v2/models', {}],
    ['no such method there', [404, 404001, 'ResourceNotFound'], '/v1/usage', { method: 'DELETE' }],
    [
      'a body that is no JSON',
      [415, 415001, 'UnsupportedMediaType'],
      MODEL,
      { body: 'prompt=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    ['a body of plain text', [415, 415001, 'UnsupportedMediaType'], MODEL, { body: '{"prompt":"x"}' }],
    ['a body of another shape', [422, 422001, 'ValidationError'], MODEL, { json: ['prompt'] }],
    ['a wrong input', [422, 422001, 'ValidationError'], MODEL, { json: { num_images: 9 } }],
    ['a wrong query', [422, 422001, 'ValidationError'], '/v1/models?limit=-1', {}],
  ];
  test.each(cases)('%s', async (_, expected, path, options) => {
    expectError(await call(server, path, options), expected);
  });

  test('402, 403, 409, 429 and 413', async () => {
    const { key: poor } = await makeKey(server, { monthly_budget_usd: 0 });
    const post = (key: string) => call(server, MODEL, { key, json: { prompt: 'x' } });
    expectError(await post(poor), [402, 400002, 'InsufficientResources']);

    const { key: reader } = await makeKey(server, { scopes: ['read'] });
    expectError(await post(reader), [403, 403001, 'PermissionDenied']);

    const account = await makeAccount(server);
    const running = await submitEndless(account);
    const early = await call(account, `/v1/requests/${running}`, { method: 'DELETE' });
    expectError(early, [409, 409001, 'Conflict']);

    const { key: slow } = await makeKey(server, { requests_per_minute: 1 });
    await call(server, '/v1/models', { key: slow });
    const limited = await call(server, '/v1/models', { key: slow });
    expectError(limited, [429, 429001, 'RateLimited']);
    expect(limited.headers.get('retry-after')).toMatch(/^\d+$/);

    const huge = await call(server, MODEL, { json: { prompt: 'x'.repeat(65 * 2 ** 20) } });
    expectError(huge, [413, 413001, 'PayloadTooLarge']);
  });

  test('the message of a 422 tells the first of them in words', async () => {
    const { body } = await call(server, MODEL, { json: { prompt: 'x', num_images: 5 } });
    expect(body).toMatchObject({
      message: 'num_images must be <= 4',
      detail: [{ loc: ['body', 'num_images'], msg: 'must be <= 4', type: 'maximum' }],
    });
  });
});

test("another account's request is no such request, whatever is done with it", async () => {
  const stranger = await makeAccount(server);
  const id = await submit(server, { prompt: 'x' });
  for (const [path, method] of [
    ['/status', 'GET'],
    ['/status?wait=30', 'GET'],
    ['/result', 'GET'],
    ['/cancel', 'POST'],
    ['', 'DELETE'],
  ] as const) {
    const theirs = await call(stranger, `/v1/requests/${id}${path}`, { method });
    const nobodys = await call(stranger, `/v1/requests/${NOBODY}${path}`, { method });
    expectError(theirs, [404, 404001, 'ResourceNotFound']);
    // Nothing tells the two apart.
    expect(theirs.body.message).toBe(nobodys.body.message);
  }
  expect((await call(server, `/v1/requests/${id}/status`)).status).toBe(200);
});

test('an id that is no UUID is malformed everywhere', async () => {
  for (const id of [
    'x',
    '0',
    'null',
    `${NOBODY}0`,
    '01890000000070008000000000000000',
    '%00',
    "'%20or%201=1",
  ]) {
    for (const [path, method] of [
      [`/v1/requests/${id}/status`, 'GET'],
      [`/v1/requests/${id}/result`, 'GET'],
      [`/v1/requests/${id}/cancel`, 'POST'],
      [`/v1/requests/${id}`, 'DELETE'],
      [`/v1/keys/${id}`, 'GET'],
    ] as const) {
      expectError(await call(server, path, { method }), [400, 400001, 'InvalidResourceIdentifier']);
    }
  }
});

test('who has no key learns nothing of what there is', async () => {
  const id = await submit(server, { prompt: 'x' });
  for (const path of [
    `/v1/requests/${id}/status`,
    '/v1/requests/x/status',
    '/v1/models/google/none',
    '/v1/keys/x',
  ])
    expectError(await call(server, path, { key: null }), [401, 400004, 'UserAccountError']);
});

test('every answer has an id of its own', async () => {
  const ids = new Set<string | null>();
  for (const [path, options] of [
    ['/health', {}],
    ['/v1/models', {}],
    ['/openapi.json', {}],
    ['/reference/', {}],
    ['/v1/models', { method: 'OPTIONS' }],
    ['/nothing', {}],
    ['/v1/models/%E0%A4%A', {}],
    [MODEL, { json: { prompt: 'x' } }],
  ] as [string, CallOptions][]) {
    const { headers } = await call(server, path, options);
    expect([path, headers.get('x-request-id')]).toEqual([path, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    ids.add(headers.get('x-request-id'));
  }
  expect(ids.size).toBe(8);
});

test('a mistake of ours is a 500 that says nothing of it', async () => {
  const { config } = readConfig({ LOG_LEVEL: 'silent' });
  await using broken = bareServer({
    config,
    log: await createLog(config, false),
    authenticator: undefined as never,
    rateLimit: undefined as never,
    metrics: { http: () => {} } as never,
  });
  broken.get('/broken', () => {
    throw new Error('connect to db.internal:5432 as admin:secret failed in /srv/app.ts');
  });
  const { statusCode, headers, body } = await broken.inject('/broken');
  expectError(
    { status: statusCode, headers: new Headers(headers as Record<string, string>), body: JSON.parse(body) },
    [500, 500001, 'InternalError'],
  );
  expect(body).not.toMatch(/internal:5432|secret|srv|\bat /);
});
