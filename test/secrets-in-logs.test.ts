/** Keys are never written down: not in the log at its most talkative, not in the database, not in an answer. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rowsOf } from './support/accounts.ts';
import { call, EDIT, resultOf, submit } from './support/api.ts';
import { openBrowser } from './support/browser.ts';
import { openRaw } from './support/raw-http.ts';
import { type ServerProcess, spawnServer, temporaryFolder } from './support/server.ts';

let folder: string;
let server: ServerProcess;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = await spawnServer(folder, { LOG_LEVEL: 'trace', LOG_FORMAT: 'json' });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('after calls of every kind, good and bad, no key is in the log', async () => {
  const made = (await call(server, '/v1/keys', { json: { name: 'made' } })).body;
  const holder = { url: server.url, key: made.key as string };
  const unknown = 'dk_a_key_that_nobody_knows_here';

  await resultOf(holder, await submit(holder, { prompt: 'a', resolution: '0.5K' }));
  await call(holder, '/v1/models', { headers: { cookie: `session=${made.key}` } });
  await call({ url: server.url, key: unknown }, '/v1/models');
  await call(server, '/v1/account', { key: null, headers: { authorization: `Basic ${made.key}` } });
  await call(holder, `/v1/models/${EDIT}`, { body: '{', headers: { 'content-type': 'application/json' } });
  const form = new FormData();
  form.append('file', new Blob(['no image']), 'a.png');
  await call(holder, '/v1/files', { body: form });
  await call(holder, '/v1/files', {
    method: 'POST',
    body: '--b\r\nContent-Dis',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  await resultOf(holder, await submit(holder, { prompt: 'a', image_urls: ['https://10.0.0.1/'] }, EDIT));
  await resultOf(holder, await submit(holder, { prompt: '[[sandbox:error]]', resolution: '0.5K' }));
  using broken = await openRaw(
    server,
    `GET /health HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${made.key}\r\nbad header\r\n\r\n`,
  );
  await broken.closed;
  await call(server, `/v1/keys/${made.id}`, { method: 'DELETE' });
  const last = await call(server, '/v1/models?limit=2');
  // The line of the last call is written: what came before it is as well.
  await expect.poll(() => server.output()).toContain(last.headers.get('x-request-id'));

  const log = server.output();
  expect(log).toContain('"level":10');
  for (const secret of [server.key, made.key, unknown]) {
    expect(log).not.toContain(secret);
    expect(log).not.toContain(secret.slice(8));
  }
});

test('the secret of a webhook is not logged, nor what may be secret in its URL, delivered or not', async () => {
  const url = 'https://receiver.invalid/hooks/of-nobody-else';
  const { body } = await call(server, '/v1/webhooks', { json: { url } });
  const delivery = (await call(server, `/v1/webhooks/${body.id}/test`, { method: 'POST' })).body;
  for (let state = 'pending'; state === 'pending'; )
    ({ state } = (await call(server, `/v1/deliveries/${delivery.id}`)).body);
  const rotated = (await call(server, `/v1/webhooks/${body.id}/rotate`, { method: 'POST' })).body;
  const last = await call(server, `/v1/webhooks/${body.id}`, { method: 'DELETE' });
  await expect.poll(() => server.output()).toContain(last.headers.get('x-request-id'));
  for (const secret of [body.secret, rotated.secret, 'of-nobody-else'])
    expect(server.output()).not.toContain(secret.replace('whsec_', ''));
});

test('a key in a query, where it does not belong, is not logged either', async () => {
  const answer = await call(server, `/v1/models?limit=1&api_key=${server.key}`);
  const { headers } = await call(server, `/v1/nothing?key=${server.key}`);
  await expect.poll(() => server.output()).toContain(headers.get('x-request-id'));
  expect(server.output()).toContain(answer.headers.get('x-request-id'));
  expect(server.output()).not.toContain(server.key);
});

test('no key is in the database', async () => {
  const rows = await rowsOf(server, 'select to_json(k)::text as row from keys k');
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain(server.key);
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(server.key).toString('hex'));
});

test('no key comes back after it was made', async () => {
  const { id, key } = (await call(server, '/v1/keys', { json: { name: 'another' } })).body;
  for (const path of ['/v1/keys', `/v1/keys/${id}`, '/v1/account'])
    expect(JSON.stringify((await call(server, path)).body)).not.toContain(key.slice(8));
  const { body } = await call(server, `/v1/keys/${id}`, { method: 'PATCH', json: { name: 'renamed' } });
  expect(body).not.toHaveProperty('key');
  expect(body).not.toHaveProperty('hash');
});

test('what signs in to the web app is printed once, at the start, and never logged', async () => {
  const link = /sign in {2}\S+\/link#([0-9a-z]{52}) /.exec(server.output())![1]!;
  const browser = openBrowser(server);
  expect((await browser.signIn({ link })).status).toBe(201);
  expect((await browser.signIn({ link })).status).toBe(401);
  const [token] = [...browser.cookies.values()];
  expect((await browser.call('/v1/account')).status).toBe(200);
  expect(
    (await browser.call('/v1/keys', { body: '{', headers: { 'content-type': 'application/json' } })).status,
  ).toBe(403);
  const last = await browser.call('/v1/session?all=true', { method: 'DELETE' });
  await expect.poll(() => server.output()).toContain(last.headers.get('x-request-id'));
  expect(server.output()).not.toContain(token);
  expect(server.output().split(link)).toHaveLength(2);
});
