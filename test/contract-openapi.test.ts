/** /openapi.json and /reference: valid, complete, and true of what is really answered. */
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey } from './support/accounts.ts';
import { type Answer, type CallOptions, call, EDIT, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { missingChromium, renderPage } from './support/chromium.ts';
import { createAnswerChecker, type Description, describeApi, describedAnswers } from './support/open-api.ts';
import { drawPicture } from './support/pictures.ts';
import { readEvents } from './support/read-events.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** The endpoints of the contract; those of the models come beside them. */
const ENDPOINTS = [
  'GET /v1/requests/{id}/status',
  'GET /v1/requests/{id}/result',
  'GET /v1/requests/{id}/events',
  'POST /v1/requests/{id}/cancel',
  'GET /v1/requests',
  'GET /v1/requests/{id}',
  'DELETE /v1/requests/{id}',
  'GET /v1/models',
  'GET /v1/models/categories',
  'POST /v1/files',
  'POST /v1/files/direct',
  'PUT /v1/files/{id}',
  'POST /v1/files/{id}/complete',
  'GET /v1/files',
  'DELETE /v1/files/{id}',
  'GET /v1/usage',
  'GET /v1/keys',
  'POST /v1/keys',
  'GET /v1/keys/{id}',
  'PATCH /v1/keys/{id}',
  'DELETE /v1/keys/{id}',
  'GET /v1/webhooks',
  'POST /v1/webhooks',
  'GET /v1/webhooks/{id}',
  'PATCH /v1/webhooks/{id}',
  'DELETE /v1/webhooks/{id}',
  'POST /v1/webhooks/{id}/test',
  'GET /v1/webhooks/{id}/secret',
  'POST /v1/webhooks/{id}/rotate',
  'GET /v1/webhooks/{id}/deliveries',
  'GET /v1/deliveries',
  'GET /v1/deliveries/{id}',
  'POST /v1/deliveries/{id}/redeliver',
  'GET /v1/events',
  'GET /v1/account',
  'GET /v1/session',
  'POST /v1/session',
  'DELETE /v1/session',
  'GET /v1/system',
  'GET /v1/accounts',
  'POST /v1/accounts',
  'GET /v1/accounts/{id}',
  'PATCH /v1/accounts/{id}',
  'POST /v1/accounts/{id}/links',
  'GET /files/{id}/{name}',
  'GET /health',
  'GET /ready',
  'GET /metrics',
];
const PUBLIC = ['GET /files/{id}/{name}', 'PUT /v1/files/{id}', 'GET /health', 'GET /ready', 'GET /metrics'];

let server: TestServer;
let description: Description;
let models: {
  model_id: string;
  display_name: string;
  available: boolean;
  input_schema: object;
  output_schema: { output: object };
}[];
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  description = await describeApi(server);
  models = (await call(server, '/v1/models?include_schema=true')).body.models;
});
afterAll(() => server[Symbol.asyncDispose]());

const operationsOf = (): [name: string, operation: Description['paths'][string][string]][] =>
  Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, typeof operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

describe('the description', () => {
  test('is valid OpenAPI 3.1', async () => {
    expect(description.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate(structuredClone(description) as never)).toEqual({ valid: true });
  });

  test('has every endpoint, and nothing that is not there', () => {
    const ofModels = models.flatMap(({ model_id: id }) => [
      `POST /v1/models/${id}`,
      `GET /v1/models/${id}`,
      `POST /v1/models/${id}/estimate`,
    ]);
    expect(
      operationsOf()
        .map(([name]) => name)
        .sort(),
    ).toEqual([...ENDPOINTS, ...ofModels].sort());
  });

  test('gives every operation a name of its own, and asks for a key where one is needed', () => {
    const ids = operationsOf().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const open = operationsOf().filter(([, { security }]) => security?.length === 0);
    expect(open.map(([name]) => name).sort()).toEqual(PUBLIC.toSorted());
    for (const [name, { responses }] of operationsOf())
      expect([name, '401' in responses]).toEqual([name, !PUBLIC.includes(name)]);
  });

  test("has every model's input to the letter, and it is what the catalogue says", () => {
    expect(models.length).toBeGreaterThanOrEqual(6);
    for (const { model_id, input_schema, output_schema } of models) {
      const { requestBody } = description.paths[`/v1/models/${model_id}`]!.post!;
      const { $ref } = requestBody!.content['application/json']!.schema as { $ref: string };
      const name = $ref.replace('#/components/schemas/', '');
      expect(JSON.stringify(description.components.schemas[name])).toBe(JSON.stringify(input_schema));
      expect(description.components.schemas[name.replace(/Input$/, 'Output')]).toEqual(output_schema.output);
    }
    // And what the seeds say, but for the language of their texts.
    const seed = JSON.parse(
      readFileSync(
        new URL('./fixtures/seeds/000-nano-banana-2-text-to-image.zh-TW.json', import.meta.url),
        'utf8',
      ),
    );
    const rules = (schema: { properties: Record<string, Record<string, unknown>> }) =>
      Object.entries(schema.properties).map(([field, { title: _, description: __, ...rest }]) => [
        field,
        rest,
      ]);
    expect(rules(description.components.schemas.GoogleNanoBanana2TextToImageInput as never)).toEqual(
      rules(seed.input),
    );
  });

  test('names the server as the caller knows it', async () => {
    expect(description.servers).toEqual([{ url: server.url }]);
    const { port } = new URL(server.url);
    const { body } = await call(server, `http://localhost:${port}/openapi.json`);
    expect(body.servers).toEqual([{ url: `http://localhost:${port}` }]);
  });
});

function eventsOf(text: string): { id: string | undefined; event: string | undefined; data: unknown }[] {
  const events: ReturnType<typeof eventsOf> = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => void events.push({ id, event, data: JSON.parse(data) }),
  });
  parser.feed(text);
  return events;
}

describe('real answers', () => {
  test('are as they are described, field by field, for every endpoint and every success', async () => {
    const checker = createAnswerChecker(description);
    const seen = new Set<string>();
    const ask = async (method: string, path: string, values: string[] = [], options: CallOptions = {}) => {
      let index = 0;
      const url = path.replace(/\{\w+\}/g, () => encodeURIComponent(values[index++] ?? ''));
      const answer: Answer = await call(server, `${url}${values[index] ?? ''}`, { method, ...options });
      expect(checker.check(method, path, answer)).toEqual([]);
      seen.add(`${method} ${path} ${answer.status}`);
      return answer;
    };
    const picture = await drawPicture();
    const status = '/v1/requests/{id}/status';
    const result = '/v1/requests/{id}/result';

    // Every model's own two.
    for (const { model_id } of models) {
      await ask('GET', `/v1/models/${model_id}`);
      const json = { prompt: 'x', image_urls: [`data:image/png;base64,${picture.toString('base64')}`] };
      await ask('POST', `/v1/models/${model_id}/estimate`, [], { json });
      await ask('POST', `/v1/models/${model_id}`, [], { json });
    }
    // A request in every state, with all that can be said of it.
    const inputs = [
      { prompt: 'x', num_images: 2, unknown_field: 1, seed: 2 ** 40 },
      { prompt: 'x [[sandbox:partial=1]]', num_images: 2 },
      { prompt: 'x [[sandbox:blocked]]' },
    ];
    const ids: string[] = [];
    for (const input of inputs) ids.push(await submit(server, { resolution: '0.5K', ...input }));
    ids.push(await submit(server, { prompt: 'x', sync_mode: true }, 'google/nano-banana/pro/text-to-image'));
    for (const id of ids) {
      for (let ended = false; !ended; )
        ended = (await ask('GET', status, [id, '?wait=20'])).body.status === 'completed';
      await ask('GET', result, [id, '?include_cost=true']);
      const stream = await ask('GET', '/v1/requests/{id}/events', [id, '?include_cost=true']);
      const events = eventsOf(stream.body);
      expect(events.at(-1)).toMatchObject({ event: 'end' });
      for (const event of events) expect(checker.checkNamed('RequestEvent', event)).toEqual([]);
      await ask('GET', '/v1/requests/{id}/events', [id, `?last_event_id=${events.at(-1)!.id}`]);
    }
    for (const kind of ['status', 'output', 'end'])
      expect(checker.checkNamed('RequestEvent', { id: '1', event: kind, data: {} })).not.toEqual([]);
    const narrow = await makeAccount(server, { maxRunning: 1 });
    const theirs = { key: narrow.key };
    const running = await submitEndless(narrow);
    const waiting = await submit(narrow, { prompt: 'waits' });
    for (const id of [running, waiting]) {
      const etag = (await ask('GET', status, [id], theirs)).headers.get('etag')!;
      await ask('GET', status, [id], { ...theirs, headers: { 'if-none-match': etag } });
      await ask('GET', result, [id], theirs);
      await ask('POST', '/v1/requests/{id}/cancel', [id], theirs);
      await ask('GET', result, [id], theirs);
    }
    await ask('GET', '/v1/requests', ['?limit=100']);
    await ask('GET', '/v1/requests/{id}', [ids[0]!]);
    const { output } = (await call(server, `/v1/requests/${ids[1]}/result`)).body;
    const [fileId, name] = output.image.split('/').slice(-2);
    const ofFile = '/files/{id}/{name}';
    await ask('GET', ofFile, [fileId, name]);
    await ask('GET', ofFile, [fileId, name], { headers: { range: 'bytes=0-9' } });
    await ask('GET', ofFile, [fileId, name], { headers: { range: 'bytes=99999999-' } });
    await ask('GET', ofFile, [fileId, name], { headers: { 'if-none-match': '*' } });
    await ask('DELETE', '/v1/requests/{id}', [ids[1]!]);

    await ask('GET', '/v1/models');
    await ask('GET', '/v1/models', ['?include_schema=true&lang=it']);
    await ask('GET', '/v1/models/categories');

    const upload = await ask('POST', '/v1/files', [], {
      body: new Uint8Array(picture),
      headers: { 'content-type': 'image/png' },
    });
    await ask('GET', '/v1/files');
    await ask('DELETE', '/v1/files/{id}', [upload.body.id]);
    const direct = await ask('POST', '/v1/files/direct', [], { json: { bytes: picture.length } });
    await ask('POST', '/v1/files/{id}/complete', [direct.body.id]);
    await ask('PUT', '/v1/files/{id}', [direct.body.id], { body: new Uint8Array(picture), key: null });
    await ask('POST', '/v1/files/{id}/complete', [direct.body.id]);

    const made = await ask('POST', '/v1/keys', [], {
      json: { name: 'x', expires_at: '2099-01-01T00:00:00Z' },
    });
    await ask('GET', '/v1/keys');
    await ask('GET', '/v1/keys/{id}', [made.body.id]);
    await ask('PATCH', '/v1/keys/{id}', [made.body.id], { json: { requests_per_minute: 7 } });
    await ask('DELETE', '/v1/keys/{id}', [made.body.id]);
    const webhook = await ask('POST', '/v1/webhooks', [], { json: { url: 'https://receiver.invalid/' } });
    const ofWebhook = [webhook.body.id];
    await ask('GET', '/v1/webhooks');
    await ask('GET', '/v1/webhooks/{id}', ofWebhook);
    await ask('PATCH', '/v1/webhooks/{id}', ofWebhook, { json: { description: 'x' } });
    await ask('POST', '/v1/webhooks/{id}/rotate', ofWebhook);
    await ask('GET', '/v1/webhooks/{id}/secret', ofWebhook);
    await ask('GET', '/v1/webhooks/{id}/secret', ['default']);
    const delivery = await ask('POST', '/v1/webhooks/{id}/test', ofWebhook);
    await ask('GET', '/v1/webhooks/{id}/deliveries', ofWebhook);
    for (let state = 'pending'; state === 'pending'; )
      ({ state } = (await ask('GET', '/v1/deliveries/{id}', [delivery.body.id])).body);
    await ask('POST', '/v1/deliveries/{id}/redeliver', [delivery.body.id]);
    await ask('GET', '/v1/deliveries', ['?state=failed&limit=1']);
    await ask('PATCH', '/v1/webhooks/{id}', ofWebhook, { json: { enabled: false } });
    await ask('POST', '/v1/webhooks/{id}/test', ofWebhook);
    await ask('DELETE', '/v1/webhooks/{id}', ofWebhook);
    {
      // It has no end.
      await using reader = await readEvents(server, '/v1/events');
      await submit(server, { prompt: 'x', resolution: '0.5K' });
      expect(checker.checkNamed('WebhookEvent', (await reader.next())!.data)).toEqual([]);
      seen.add('GET /v1/events 200');
    }
    await ask('GET', '/v1/account');
    const account = await ask('POST', '/v1/accounts', [], { json: { name: 'described' } });
    await ask('GET', '/v1/accounts');
    await ask('GET', '/v1/accounts/{id}', [account.body.id]);
    await ask('PATCH', '/v1/accounts/{id}', [account.body.id], { json: { max_running: 1 } });
    await ask('POST', '/v1/accounts/{id}/links', [account.body.id]);
    await ask('GET', '/v1/system');
    const page = { key: null, headers: { origin: server.url } };
    await ask('GET', '/v1/session');
    await ask('GET', '/v1/session', [], page);
    await ask('POST', '/v1/session', [], { ...page, json: { api_key: server.key } });
    await ask('POST', '/v1/session', [], { ...page, json: { api_key: 'wrong' } });
    await ask('DELETE', '/v1/session', ['?all=true'], page);
    for (const grouping of ['day', 'model', 'key']) await ask('GET', '/v1/usage', [`?group_by=${grouping}`]);
    for (const path of ['/health', '/ready', '/metrics']) await ask('GET', path, [], { key: null });

    // Some of the errors of some of them.
    const nobody = '01890000-0000-7000-8000-000000000000';
    await ask('GET', status, [nobody]);
    await ask('GET', status, ['x']);
    await ask('GET', result, [nobody], { key: null });
    await ask('DELETE', '/v1/requests/{id}', [running], theirs);
    await ask('POST', `/v1/models/${TEXT_TO_IMAGE}`, [], { json: {} });
    await ask('POST', `/v1/models/${EDIT}`, [], { body: 'x', headers: { 'content-type': 'text/plain' } });
    await ask('POST', '/v1/files', [], { body: 'no picture', headers: { 'content-type': 'image/png' } });
    const { key: reader } = await makeKey(server, { scopes: ['read'], requests_per_minute: 1 });
    await ask('POST', '/v1/keys', [], { key: reader, json: { name: 'x' } });
    await ask('GET', '/v1/keys', [], { key: reader });
    await ask('GET', ofFile, ['x', 'y']);

    // /ready is 503 only when something is broken.
    const successes = describedAnswers(description).filter((name) => / [23]\d\d$/.test(name));
    // And some models need a backend of their own.
    const unavailable = models
      .filter(({ available }) => !available)
      .map(({ model_id }) => `POST /v1/models/${model_id} 200`);
    expect(successes.filter((name) => !seen.has(name))).toEqual(unavailable);
  });

  test('that drift from the description are found', async () => {
    const checker = createAnswerChecker(description);
    const answer = await call(server, '/v1/account');
    expect(checker.check('GET', '/v1/account', answer)).toEqual([]);
    const { limits, ...without } = answer.body;
    expect(checker.check('GET', '/v1/account', { ...answer, body: without })).not.toEqual([]);
    const more = { ...answer, body: { ...answer.body, limits: { ...limits, more: 1 } } };
    expect(checker.check('GET', '/v1/account', more)).not.toEqual([]);
    expect(checker.check('GET', '/v1/account', { ...answer, status: 202 })).not.toEqual([]);
  });
});

describe('the page /reference', () => {
  test('is HTML whose scripts are all ours, and a policy that lets no other in', async () => {
    const redirect = await call(server, '/reference', { key: null });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([301, '/reference/']);
    const { status, headers, body } = await call(server, '/reference/', { key: null });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    const sources = [...body.matchAll(/(?:src|href)\s*=\s*["']([^"']*)/g)].map(([, source]) => source);
    expect(sources).toEqual(['js/scalar.js']);
    expect(body).not.toMatch(/https?:\/\//);
    const script = await call(server, '/reference/js/scalar.js', { key: null });
    expect(script.headers.get('content-type')).toMatch(/javascript/);
    const policy = headers.get('content-security-policy')!.split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy.join(' ')).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('in a browser shows the models, and asks no other host for anything', async (context) => {
    const missing = await missingChromium();
    if (missing) console.warn(`SKIPPED: /reference in a browser: ${missing}`);
    context.skip(missing !== undefined, missing);
    const { dom, messages, requested } = await renderPage(`${server.url}/reference`);
    expect(models.filter(({ display_name }) => !dom.includes(display_name))).toEqual([]);
    expect(messages.filter((line) => /Content Security Policy|Uncaught|Refused/.test(line))).toEqual([]);
    expect(requested).toContain(`${server.url}/openapi.json`);
    expect(requested.filter((url) => !url.startsWith(`${server.url}/`))).toEqual([]);
  }, 400_000);
});
