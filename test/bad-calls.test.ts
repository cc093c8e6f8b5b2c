/** Keys, ids, paths, queries and headers that are wrong: each answer says what and tells nothing of anyone else. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { type Expected, expectCleanError, expectHealthy, expectWell } from './support/clean-error.ts';
import { sendRaw } from './support/raw-http.ts';
import { startTestServer } from './support/server.ts';

let server: Awaited<ReturnType<typeof startTestServer>>;
let stranger: { url: string; key: string };
beforeAll(async () => {
  server = await startTestServer();
  stranger = await makeAccount(server);
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => expectHealthy(server));

const NO_KEY: Expected = { code: 400004, says: /No API key was given/ };
const NOT_FOUND: Expected = { code: 404001 };
const SYNCHRONOUS = 'google/nano-banana/pro/text-to-image';
const submitPath = `/v1/models/${TEXT_TO_IMAGE}`;

/** Everything that needs a key. */
const GUARDED: [method: string, path: string][] = [
  ['POST', submitPath],
  ['GET', `/v1/requests/${randomUUID()}/status`],
  ['GET', `/v1/requests/${randomUUID()}/result`],
  ['POST', `/v1/requests/${randomUUID()}/cancel`],
  ['DELETE', `/v1/requests/${randomUUID()}`],
  ['GET', '/v1/requests'],
  ['GET', '/v1/models'],
  ['GET', '/v1/models/categories'],
  ['GET', submitPath],
  ['POST', '/v1/files'],
  ['POST', '/v1/files/direct'],
  ['POST', `/v1/files/${'a'.repeat(32)}/complete`],
  ['GET', '/v1/files'],
  ['DELETE', `/v1/files/${'a'.repeat(32)}`],
  ['GET', '/v1/usage'],
  ['GET', '/v1/account'],
  ['GET', '/v1/keys'],
  ['POST', '/v1/keys'],
  ['GET', `/v1/keys/${randomUUID()}`],
  ['PATCH', `/v1/keys/${randomUUID()}`],
  ['DELETE', `/v1/keys/${randomUUID()}`],
];

describe('without a key that is known', () => {
  test.each(GUARDED)('%s %s is refused', async (method, path) => {
    expectCleanError(await call(server, path, { method, key: null }), NO_KEY);
    expectCleanError(await call(server, path, { method, key: 'dk_nobody_has_this_one' }), {
      code: 400004,
      says: /not known here/,
    });
  });

  test.each(
    titled([
      [''],
      ['Bearer'],
      ['Bearer '],
      ['Basic dXNlcjpwYXNz'],
      ['dk_test_0123456789abcdefghij'],
      ['Bearer dk_a dk_b'],
      ['Bearer dk_test_0123456789abcdefghij, Bearer x'],
      ['Bearer dk_test_\u00e9'],
      [`Bearer ${'a'.repeat(600)}`],
      [`Bearer ${'a'.repeat(14_000)}`],
      ["Bearer ' or 1=1 --"],
      ['Bearer null'],
      ['Bearer undefined'],
    ]),
  )('Authorization: %s is refused', async (_, authorization) => {
    const answer = await call(server, '/v1/account', { key: null, headers: { authorization } });
    expectCleanError(answer, { code: 400004, says: /malformed|not known|No API key/ });
  });

  test('a key in the query or a cookie is none', async () => {
    const path = `/v1/account?key=${server.key}&api_key=${server.key}&access_token=${server.key}`;
    const headers = { cookie: `key=${server.key}`, 'x-api-key': server.key };
    expectCleanError(await call(server, path, { key: null, headers }), NO_KEY);
  });
});

test('a revoked key is refused at once, an expired one as well', async () => {
  const made = (await call(server, '/v1/keys', { json: { name: 'short-lived' } })).body;
  const holder = { url: server.url, key: made.key };
  expect((await call(holder, '/v1/models')).status).toBe(200);
  expect((await call(server, `/v1/keys/${made.id}`, { method: 'DELETE' })).status).toBe(204);
  await expect
    .poll(async () => (await call(holder, '/v1/models')).status, { timeout: 6000, interval: 20 })
    .toBe(401);
  expectCleanError(await call(holder, '/v1/models'), { code: 400004, says: /revoked/ });

  const old = (await call(server, '/v1/keys', { json: { name: 'old', expires_at: '2020-01-01T00:00:00Z' } }))
    .body;
  expectCleanError(await call({ url: server.url, key: old.key }, '/v1/models'), {
    code: 400004,
    says: /expired/,
  });
});

test('a key without the scope is told which it needs', async () => {
  const made = (await call(server, '/v1/keys', { json: { name: 'reader', scopes: ['read'] } })).body;
  const reader = { url: server.url, key: made.key };
  for (const [method, path, scope] of [
    ['POST', submitPath, 'generate'],
    ['POST', '/v1/files', 'generate'],
    ['POST', '/v1/files/direct', 'generate'],
    ['POST', `/v1/files/${'a'.repeat(32)}/complete`, 'generate'],
    ['DELETE', `/v1/requests/${randomUUID()}`, 'generate'],
    ['GET', '/v1/keys', 'admin'],
    ['POST', '/v1/keys', 'admin'],
  ] as const) {
    const answer = await call(reader, path, { method });
    expectCleanError(answer, { code: 403001, says: new RegExp(`needs the scope \`${scope}\``) });
  }
});

describe("another account's", () => {
  test('request is no request, whatever is done with it', async () => {
    const id = await submit(server, { prompt: 'private', resolution: '0.5K' });
    await resultOf(server, id);
    const etag = (await call(server, `/v1/requests/${id}/status`)).headers.get('etag')!;
    const unknown = randomUUID();
    for (const [method, path] of [
      ['GET', '/status'],
      ['GET', '/status?wait=1'],
      ['GET', '/result?include_cost=true'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const) {
      const theirs = await call(stranger, `/v1/requests/${id}${path}`, {
        method,
        headers: { 'if-none-match': etag },
      });
      expectCleanError(theirs, NOT_FOUND);
      // Word for word what is said of one that never was.
      const none = await call(stranger, `/v1/requests/${unknown}${path}`, { method });
      expect({ ...theirs.body, request_id: '' }).toEqual({ ...none.body, request_id: '' });
    }
    expect((await call(stranger, '/v1/requests')).body.requests).toEqual([]);
    expect((await call(stranger, '/v1/usage')).body.total.requests).toBe(0);
    expect((await call(server, `/v1/requests/${id}/status`)).body.status).toBe('completed');
  });

  test('key can be neither read, changed nor revoked', async () => {
    const { id } = (await call(server, '/v1/keys', { json: { name: 'mine' } })).body;
    for (const [method, json] of [['GET'], ['PATCH', { name: 'theirs' }], ['DELETE']] as const)
      expectCleanError(await call(stranger, `/v1/keys/${id}`, { method, ...(json && { json }) }), NOT_FOUND);
    expect((await call(server, `/v1/keys/${id}`)).body).toMatchObject({ name: 'mine', revoked_at: null });
    expect((await call(stranger, '/v1/keys')).body.keys).toHaveLength(1);
  });

  test('idempotency key is no one else’s', async () => {
    const options = { json: { prompt: 'a', resolution: '0.5K' }, headers: { 'idempotency-key': 'same' } };
    const mine = await call(server, submitPath, options);
    const theirs = await call(stranger, submitPath, options);
    expect(theirs.headers.get('idempotency-replayed')).toBeNull();
    expect(theirs.body.request_id).not.toBe(mine.body.request_id);
  });

  test('cursor shows nothing of theirs', async () => {
    await submit(server, { prompt: 'a', resolution: '0.5K' });
    await submit(server, { prompt: 'b', resolution: '0.5K' });
    const { next_cursor } = (await call(server, '/v1/requests?limit=1')).body;
    const { body } = await call(stranger, `/v1/requests?cursor=${next_cursor}`);
    expect(body.requests.every(({ model_id }: { model_id: string }) => model_id)).toBe(true);
    const own = (await call(stranger, '/v1/requests')).body.requests.length;
    expect(body.requests.length).toBeLessThanOrEqual(own);
  });
});

describe('an id that is no UUID', () => {
  test.each(
    titled([
      ['1'],
      ['undefined'],
      ['null'],
      ['00000000-0000-0000-0000-00000000000'],
      ['00000000-0000-0000-0000-0000000000000'],
      ['g0000000-0000-0000-0000-000000000000'],
      ['00000000000000000000000000000000'],
      ['{00000000-0000-0000-0000-000000000000}'],
      ["'%20or%201=1--"],
      ['%00'],
      ['%0d%0aset-cookie:a=b'],
      ['..%2f..%2fhealth'],
      ['a'.repeat(400)],
      ['%F0%9F%98%80'],
    ]),
  )('%s is malformed', async (_, id) => {
    for (const [method, path] of [
      ['GET', `/v1/requests/${id}/status`],
      ['GET', `/v1/requests/${id}/result`],
      ['POST', `/v1/requests/${id}/cancel`],
      ['DELETE', `/v1/requests/${id}`],
      ['GET', `/v1/keys/${id}`],
    ] as const)
      expectCleanError(await call(server, path, { method }), { code: 400001, says: /must be a UUID/ });
    if (!/^\w{32}$/.test(id))
      expectCleanError(await call(server, `/v1/files/${id}`, { method: 'DELETE' }), {
        code: 400001,
        says: /32 letters and digits/,
      });
  });

  test('a UUID in capitals is the same UUID', async () => {
    const id = await submit(server, { prompt: 'a', resolution: '0.5K' });
    const { body } = await call(server, `/v1/requests/${id.toUpperCase()}/status`);
    expect(body.request_id).toBe(id);
  });
});

describe('a path', () => {
  test.each(
    titled([
      ['/v1'],
      ['/v2/models'],
      ['/v1/models/google'],
      ['/v1/models/nobody/nothing'],
      ['/v1/models/__proto__'],
      ['/v1/models/constructor'],
      ['/v1/models/%00'],
      ['/v1/models/..%2f..%2fpackage.json'],
      [`/v1/models/${'x/'.repeat(2000)}x`],
      ['/.env'],
      ['/.git/config'],
      ['/files/'],
      ['/files/..'],
      ['/reference/../../package.json'],
    ]),
  )('%s leads nowhere', async (_, path) => {
    const answer = await sendRaw(server, requestText('GET', path));
    expectCleanError(answer, { ...NOT_FOUND, sent: [path] });
    expect(JSON.stringify(answer.body).length).toBeLessThan(1000);
  });

  test.each([['/v1/%'], ['/v1/%zz'], ['/v1/requests/%ff/status'], ['/files/%c3%28'], ['/%E0%A4%A']])(
    '%s, which cannot be decoded, is malformed',
    async (path) => {
      expectCleanError(await sendRaw(server, requestText('GET', path)), { code: 400001 });
    },
  );

  test.each([
    ['/files/../../../../etc/passwd'],
    ['/files/..%2f..%2f..%2fetc%2fpasswd'],
    ['/files/%2e%2e/%2e%2e/etc/passwd'],
    ['/files/..%5c..%5cetc%5cpasswd'],
    ['/files/....//....//etc/passwd'],
    ['/files/%252e%252e%252fetc%252fpasswd'],
    ['/files//etc/passwd'],
    ['/files/objects/../postgres/PG_VERSION'],
    [`/files/${'a'.repeat(32)}/../../../../etc/passwd`],
    [`/files/${'a'.repeat(32)}%00/x.png`],
    [`/files/${'A'.repeat(32)}/x.png`],
    [`/files/${'a'.repeat(32)}`],
    ["/files/' or 1=1 --".replaceAll(' ', '%20')],
  ])('%s gives no file', async (path) => {
    const answer = await sendRaw(server, requestText('GET', path));
    expectCleanError(answer, { ...NOT_FOUND, sent: [path, '/etc/passwd'] });
  });

  test('a segment longer than any of ours is refused', async () => {
    const answer = await sendRaw(server, requestText('GET', `/files/${'a'.repeat(1000)}`));
    expect([400001, 404001]).toContain(answer.body.error_code);
    expectCleanError(answer, { code: answer.body.error_code });
  });

  test.each([['PUT'], ['PATCH'], ['DELETE']])('%s of a model is nothing', async (method) => {
    expectCleanError(await call(server, submitPath, { method }), NOT_FOUND);
  });
});

describe('a query', () => {
  const id = randomUUID();
  test.each(
    titled([
      ['/v1/requests?limit=0', 'limit', />= 1/],
      ['/v1/requests?limit=101', 'limit', /<= 100/],
      ['/v1/requests?limit=-1', 'limit', />= 1/],
      ['/v1/requests?limit=1.5', 'limit', /must be integer/],
      ['/v1/requests?limit=abc', 'limit', /must be integer/],
      ['/v1/requests?limit=', 'limit', /must be integer/],
      ['/v1/requests?limit=1&limit=2', 'limit', /must be integer/],
      ['/v1/requests?limit=1e999', 'limit', /<= 100/],
      ['/v1/requests?cursor=garbage', 'cursor', /next_cursor/],
      ['/v1/requests?cursor=', 'cursor', /next_cursor/],
      ['/v1/requests?cursor=%00', 'cursor', /next_cursor/],
      ['/v1/requests?cursor=a&cursor=b', 'cursor', /must be string/],
      [`/v1/requests?cursor=${cursorOf("' or 1=1")}`, 'cursor', /next_cursor/],
      [
        `/v1/files?cursor=${cursorOf(`2026-99-99T99:99:99.000000+00:00 ${'a'.repeat(32)}`)}`,
        'cursor',
        /next/,
      ],
      [`/v1/files?cursor=${cursorOf(`2026- ${'a'.repeat(32)}`)}`, 'cursor', /next_cursor/],
      ['/v1/files?limit=0', 'limit', />= 1/],
      ['/v1/requests?status=done', 'status', /must be one of in_queue/],
      ['/v1/requests?after=yesterday', 'after', /such as 2026-01-31T12:00:00Z/],
      ['/v1/requests?after=2026-01-31', 'after', /such as/],
      ['/v1/requests?after=2016-12-31T23:59:60Z', 'after', /such as/],
      ['/v1/requests?before=0000-01-01T00:00:00Z', 'before', /such as/],
      ['/v1/requests?before=1', 'before', /such as/],
      ['/v1/requests?model_id=%00', 'model_id', /control characters/],
      [`/v1/requests?model_id=${'x'.repeat(1000)}`, 'model_id', /200 characters/],
      ['/v1/usage?from=yesterday', 'from', /a time such as .* or a date/],
      ['/v1/usage?from=2026-13-01', 'from', /date/],
      ['/v1/usage?to=2016-12-31T23:59:60Z', 'to', /such as/],
      ['/v1/usage?to=0000-01-01', 'to', /such as/],
      ['/v1/usage?group_by=hour', 'group_by', /must be one of day, model, key/],
      ['/v1/models?limit=0', 'limit', />= 1/],
      ['/v1/models?offset=-1', 'offset', />= 0/],
      ['/v1/models?offset=1e999', 'offset', /<= 1000000/],
      ['/v1/models?kind=sculpture', 'kind', /must be one of/],
      ['/v1/models?include_schema=perhaps', 'include_schema', /must be boolean/],
      [`/v1/models?search=${'x'.repeat(201)}`, 'search', /200 characters/],
      [`/v1/requests/${id}/status?wait=abc`, 'wait', /must be integer/],
      [`/v1/requests/${id}/status?wait=0`, 'wait', />= 1/],
      [`/v1/requests/${id}/status?wait=61`, 'wait', /<= 60/],
      [`/v1/requests/${id}/status?wait=1e9`, 'wait', /<= 60/],
      [`/v1/requests/${id}/result?include_cost=yes`, 'include_cost', /must be boolean/],
    ]),
  )('%s names what is wrong', async (_, path, field, says) => {
    expectCleanError(await call(server, path), { code: 422001, field: `query.${field}`, says });
  });

  test.each([
    ['/v1/models?search=%00%ff&lang=xx&lang=yy'],
    ['/v1/requests?__proto__=1&constructor=2&toString=3'],
    ['/v1/usage?from=9999-12-31&to=0001-01-01'],
  ])('%s is odd and answered', async (path) => {
    expect([200, 422]).toContain((await call(server, path)).status);
  });
});

describe('a key to be made', () => {
  test.each([
    [{}, 'body.name', /name is required/],
    [{ name: '' }, 'body.name', /fewer than 1/],
    [{ name: 'x'.repeat(101) }, 'body.name', /more than 100/],
    [{ name: 'a\u0000b' }, 'body.name', /control characters/],
    [{ name: 'a\ud800' }, 'body.name', /well-formed/],
    [{ name: 7 }, 'body.name', /must be string/],
    [{ name: 'a', scopes: [] }, 'body.scopes', /fewer than 1/],
    [{ name: 'a', scopes: ['root'] }, 'body.scopes.0', /must be one of admin, generate, read/],
    [{ name: 'a', scopes: 'admin' }, 'body.scopes', /must be array/],
    [{ name: 'a', scopes: ['read', 'read'] }, 'body.scopes', /duplicate/],
    [{ name: 'a', monthly_budget_usd: -1 }, 'body.monthly_budget_usd', />= 0 or null/],
    [{ name: 'a', monthly_budget_usd: '5' }, 'body.monthly_budget_usd', /must be number or null/],
    [{ name: 'a', monthly_budget_usd: 1e10 }, 'body.monthly_budget_usd', /<= 1000000000/],
    [{ name: 'a', requests_per_minute: 0 }, 'body.requests_per_minute', />= 1/],
    [{ name: 'a', requests_per_minute: 1.5 }, 'body.requests_per_minute', /must be integer/],
    [{ name: 'a', expires_at: 'tomorrow' }, 'body.expires_at', /such as 2026/],
    [{ name: 'a', expires_at: '0000-01-01T00:00:00Z' }, 'body.expires_at', /such as 2026/],
    [{ name: 'a', expires_at: '2016-12-31T23:59:60Z' }, 'body.expires_at', /such as 2026/],
    [{ name: 'a', admin: true }, 'body.admin', /not a known field/],
    [[], 'body', /must be object/],
    [null, 'body', /must be object/],
  ])('%j is refused', async (json, field, says) => {
    expectCleanError(await call(server, '/v1/keys', { json }), { code: 422001, field, says });
  });

  test('changing nothing, or to nothing, is refused', async () => {
    const { id } = (await call(server, '/v1/keys', { json: { name: 'a' } })).body;
    const change = (json: unknown) => call(server, `/v1/keys/${id}`, { method: 'PATCH', json });
    expectCleanError(await change({}), { code: 422001, field: 'body' });
    expectCleanError(await change({ name: null }), { code: 422001, field: 'body.name' });
    expectCleanError(await change({ name: '\u0000' }), { code: 422001, field: 'body.name' });
    expect((await change({ expires_at: null, monthly_budget_usd: null })).status).toBe(200);
  });
});

describe('an Idempotency-Key', () => {
  const send = (key: string, prompt = 'a') =>
    call(server, submitPath, { json: { prompt, resolution: '0.5K' }, headers: { 'idempotency-key': key } });

  test.each(
    titled([
      ['', '""'],
      ['x'.repeat(256), '256 characters'],
      ['a\tb', 'a tab'],
      ['schl\u00fcssel', 'Latin-1'],
    ]),
  )('Idempotency-Key: %s is refused', async (_, key) => {
    expectCleanError(await send(key), { code: 422001, field: 'header.Idempotency-Key' });
  });

  test.each(
    titled([['x'.repeat(255)], ['a b'], ["' or 1=1 --"], ['{"a":1}'], ['__proto__'], ['%00'], ['0']]),
  )('%s is a key like any other', async (_, key) => {
    const first = await send(key);
    const again = await send(key);
    expect(first.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expectCleanError(await send(key, 'b'), {
      code: 422001,
      field: 'header.Idempotency-Key',
      says: /used before/,
    });
  });
});

describe('headers', () => {
  test.each([
    ['evil.test/path'],
    ['evil.test\\@x'],
    ['user@evil.test'],
    ['evil.test" onload="x'],
    ["<script>alert('x')</script>"],
    ['a b'],
    ['evil.test:99999999'],
    [''],
  ])('Host: %s never comes back', async (host) => {
    const answer = await sendRaw(server, requestText('GET', '/openapi.json', { host }));
    expect(answer.status).toBe(200);
    expect(answer.body.servers).toEqual([{ url: expect.stringMatching(/^http:\/\/localhost:\d+$/) }]);
  });

  test('X-Forwarded-Host and its like are not believed', async () => {
    const headers = {
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'gopher',
      forwarded: 'host=evil.test',
      'x-original-url': '/v1/keys',
      'x-http-method-override': 'DELETE',
    };
    const answer = await call(server, submitPath, { json: { prompt: 'a', resolution: '0.5K' }, headers });
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.body)).not.toContain('evil.test');
    expect(answer.body.status_url.startsWith(`${server.url}/v1/requests/`)).toBe(true);
  });

  test('nothing that carries the caller’s address or a key may be kept by a shared cache', async () => {
    const id = await submit(server, { prompt: 'a', resolution: '0.5K' });
    for (const path of [`/v1/requests/${id}/status`, `/v1/requests/${id}/result`, '/openapi.json']) {
      const { headers } = await call(server, path);
      expect(headers.get('cache-control')).toMatch(/no-cache|no-store|private/);
    }
    expect((await call(server, '/v1/keys', { json: { name: 'a' } })).headers.get('cache-control')).toBe(
      'no-store',
    );
  });

  test('of a synchronous result are read without using it up', async () => {
    const id = await submit(server, { prompt: 'a', sync_mode: true }, SYNCHRONOUS);
    const path = `/v1/requests/${id}/result`;
    await expect
      .poll(async () => (await call(server, `/v1/requests/${id}/status?wait=5`)).body.status)
      .toBe('completed');
    expect((await call(server, path, { method: 'HEAD' })).status).toBe(200);
    expect((await call(server, path)).body.output.image).toMatch(/^data:image\/png;base64,/);
  });

  test('headers larger than 16 KiB are refused in the one shape', async () => {
    const answer = await sendRaw(server, requestText('GET', '/health', { 'x-bomb': 'x'.repeat(20_000) }));
    expectCleanError(answer, { code: 431001, says: /16 KiB/ });
  });

  test('three thousand headers are refused or passed over', async () => {
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`x${index}`, '1']));
    const answer = await sendRaw(server, requestText('GET', '/health', many));
    expect([200, 431]).toContain(answer.status);
  });

  test.each(
    titled([
      ['accept-language', 'x-x;q=NaN,'.repeat(1000)],
      ['accept-language', '*;q=0.000000001'],
      ['accept', '\u00ff'],
      ['prefer', 'handling='.repeat(1000)],
      ['prefer', 'handling="strict'],
      ['range', 'bytes=0-1'],
      ['expect', '100-continue'],
      ['if-none-match', '"'.repeat(5000)],
      ['origin', 'null'],
      ['cookie', 'a='.repeat(3000)],
    ]),
  )('%s does no harm', async (_, name, value) => {
    const answer = await sendRaw(
      server,
      requestText('GET', '/v1/models?limit=1', { authorization: `Bearer ${server.key}`, [name]: value }),
    );
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.models).toHaveLength(1);
  });
});

test('after all of this the server makes pictures as before', async () => {
  await expectWell(server);
});

/** Rows with what to call them in front. */
function titled<Row extends [string, ...unknown[]]>(rows: Row[]): [title: string, ...Row][] {
  return rows.map((row) => [row[0].length > 60 ? `${row[0].slice(0, 60)}…` : row[0], ...row]);
}

function cursorOf(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** A call after which the server closes the connection. */
function requestText(method: string, path: string, headers: Record<string, string> = {}): string {
  const all = {
    host: 'localhost',
    authorization: `Bearer ${server.key}`,
    ...headers,
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}
