/** Random bodies, paths, queries and headers: whatever comes, the answer is clean and comes at once. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, call, EDIT, TEXT_TO_IMAGE } from './support/api.ts';
import { expectWell } from './support/clean-error.ts';
import { sendRaw } from './support/raw-http.ts';
import { startTestServer } from './support/server.ts';

/** Far more than any answer takes; far less than a hang. */
const PATIENCE_MS = 5000;

let server: Awaited<ReturnType<typeof startTestServer>>;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_MAX_QUEUED: '100000' });
});
afterAll(() => server[Symbol.asyncDispose]());

const runs = (numRuns: number) => ({ numRuns, timeout: PATIENCE_MS, endOnFailure: true });

/** Below 500, and in the one shape when it is an error. */
function expectAnswered({ status, headers, body }: Answer): void {
  const told = `${status} ${JSON.stringify(body)}`;
  expect(status, told).toBeLessThan(500);
  if (status < 400) return;
  expect(headers.get('content-type'), told).toBe('application/json; charset=utf-8');
  expect(body, told).toMatchObject({
    error_code: expect.any(Number),
    error_name: expect.any(String),
    message: expect.any(String),
    request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
}

/** A string of anything JavaScript can hold, lone surrogates among it. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
);
const fields = fc.constantFrom(
  'prompt',
  'image_urls',
  'num_images',
  'seed',
  'aspect_ratio',
  'resolution',
  'output_format',
  'sync_mode',
  'limit_generations',
  'safety_tolerance',
  'enable_web_search',
  '__proto__',
  'constructor',
);
const anyUrl = fc.oneof(
  fc.webUrl({ withFragments: true, withQueryParameters: true }).map((url) => url.replace(/^https?/, 'https')),
  anyText.map((text) => `data:image/png;base64,${Buffer.from(text).toString('base64')}`),
  anyText.map((text) => `https://${text}`),
  anyText,
);
const anyValue = fc.oneof(fc.jsonValue(), anyText, fc.double(), fc.array(anyUrl, { maxLength: 3 }));

const submitText = (body: string | Uint8Array, model = TEXT_TO_IMAGE, headers = {}): Promise<Answer> =>
  call(server, `/v1/models/${model}`, {
    method: 'POST',
    body: body as string,
    headers: { 'content-type': 'application/json', ...headers },
  });

test('random bytes as a body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const answer = await submitText(bytes);
      expectAnswered(answer);
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }),
    runs(150),
  );
});

test('random JSON as a body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.constantFrom(TEXT_TO_IMAGE, EDIT), async (json, model) => {
      expectAnswered(await submitText(json, model));
    }),
    runs(150),
  );
});

test('random values in the fields of a model', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fields, anyValue),
      fc.constantFrom(TEXT_TO_IMAGE, EDIT),
      fc.boolean(),
      async (input, model, strict) => {
        const headers = strict ? { prefer: 'handling=strict' } : {};
        expectAnswered(await submitText(JSON.stringify({ prompt: 'a', ...input }), model, headers));
      },
    ),
    runs(250),
  );
});

test('random texts as a prompt end as they should', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (prompt) => {
      const answer = await submitText(JSON.stringify({ prompt, resolution: '0.5K' }));
      expectAnswered(answer);
      expect([200, 422]).toContain(answer.status);
    }),
    runs(150),
  );
});

/** What may stand in a request line or a header, and some that may not. */
const wireText = fc
  .array(fc.oneof(fc.integer({ min: 0x21, max: 0x7e }), fc.integer({ min: 0, max: 0xff })), { maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const encoded = anyText.map((text) => encodeURIComponent(text.toWellFormed()));
const segment = fc.oneof(
  encoded,
  wireText,
  fc.constantFrom(
    'v1',
    'models',
    'requests',
    'files',
    'keys',
    'usage',
    'status',
    'result',
    'cancel',
    '..',
    '.',
    '',
  ),
  fc.uuid(),
);
const anyPath = fc
  .tuple(
    fc.constantFrom('/', '/v1/', '/v1/requests/', '/v1/models/', '/v1/files/', '/v1/keys/', '/files/'),
    fc.array(segment, { maxLength: 5 }),
  )
  .map(([start, segments]) => start + segments.join('/'));
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        ...[
          'limit',
          'cursor',
          'after',
          'before',
          'status',
          'model_id',
          'wait',
          'from',
          'to',
          'group_by',
          'lang',
        ],
        ...['search', 'offset', 'kind', 'category', 'include_schema', 'include_cost', '__proto__'],
      ),
      fc.oneof(
        encoded,
        fc.constantFrom(
          '1',
          '0',
          '-1',
          '1e9',
          'NaN',
          '2026-01-31T12:00:00Z',
          '9999-12-31',
          'true',
          '%00',
          '%ff',
        ),
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        encoded.map((text) => Buffer.from(text).toString('base64url')),
      ),
    ),
    { maxLength: 4 },
  )
  .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));

async function sendText(line: string, headers: string): Promise<Answer> {
  return sendRaw(
    server,
    Buffer.from(`${line}\r\nhost: a\r\n${headers}connection: close\r\ncontent-length: 0\r\n\r\n`, 'latin1'),
  );
}

test('random paths', async () => {
  const method = fc.constantFrom('GET', 'POST', 'DELETE', 'PATCH', 'PUT', 'OPTIONS');
  await fc.assert(
    fc.asyncProperty(method, anyPath, async (verb, path) => {
      expectAnswered(await sendText(`${verb} ${path} HTTP/1.1`, `authorization: Bearer ${server.key}\r\n`));
    }),
    runs(400),
  );
});

test('random queries', async () => {
  const path = fc.constantFrom(
    ...['/v1/requests', '/v1/files', '/v1/usage', '/v1/models', '/v1/keys', '/v1/account'],
    `/v1/requests/${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}/result`,
    `/v1/models/${EDIT}`,
  );
  await fc.assert(
    fc.asyncProperty(path, query, async (where, text) => {
      expectAnswered(
        await sendText(`GET ${where}?${text} HTTP/1.1`, `authorization: Bearer ${server.key}\r\n`),
      );
    }),
    runs(400),
  );
});

test('random headers', async () => {
  const names = fc.constantFrom(
    ...['authorization', 'content-type', 'accept', 'accept-language', 'prefer', 'range', 'if-none-match'],
    ...[
      'if-range',
      'idempotency-key',
      'origin',
      'cookie',
      'x-request-id',
      'x-forwarded-for',
      'accept-encoding',
    ],
    ...['content-encoding', 'access-control-request-method', 'access-control-request-headers', 'host'],
  );
  const line = fc.oneof(
    fc.tuple(names, wireText).map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, '')}\r\n`),
    wireText.map((text) => `${text}\r\n`),
  );
  const path = fc.constantFrom(
    '/health',
    '/v1/models',
    '/v1/account',
    `/files/${'a'.repeat(32)}/x.png`,
    '/ready',
  );
  await fc.assert(
    fc.asyncProperty(path, fc.array(line, { maxLength: 6 }), async (where, lines) => {
      expectAnswered(
        await sendText(`GET ${where} HTTP/1.1`, `authorization: Bearer ${server.key}\r\n${lines.join('')}`),
      );
    }),
    runs(400),
  );
});

test('random bytes on a connection', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 20, maxLength: 300 }), async (bytes) => {
      const answer = await sendRaw(server, Buffer.concat([Buffer.from(bytes), Buffer.from('\r\n\r\n\r\n')]));
      expectAnswered(answer);
      expect(answer.status).toBe(400);
    }),
    runs(200),
  );
});

test('random forms', async () => {
  const bit = fc.oneof(
    fc.constantFrom('--b', '--b--', '\r\n', '\r\n\r\n', 'Content-Disposition: form-data; ', 'name="file"'),
    fc.constantFrom('; filename="a.png"', 'Content-Type: application/json', 'Content-Type: image/png', '\n'),
    wireText,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(bit, { maxLength: 15 }), async (bits) => {
      const answer = await call(server, '/v1/files', {
        method: 'POST',
        body: Buffer.from(bits.join(''), 'latin1') as never,
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
      });
      expectAnswered(answer);
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }),
    runs(250),
  );
});

test('after all of this the server makes pictures as before', async () => {
  await expectWell(server);
}, 60_000);
