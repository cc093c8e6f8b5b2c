/** Registering webhooks: what is accepted, who sees what, secrets and their rotation. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey, rowsOf } from './support/accounts.ts';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { accountWithWebhook, startReceiver, submitPath, verify } from './support/receiver.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1' });
});
afterAll(() => server[Symbol.asyncDispose]());

const FAILING = { prompt: 'x [[sandbox:blocked]]' };

describe('a URL to be told at', () => {
  const refused: [why: string, url: string, message: RegExp][] = [
    ['no URL', 'nonsense', /is not a URL/],
    ['empty', '', /is not a URL/],
    ['another protocol', 'ftp://receiver.example/', /is not an https URL/],
    ['a private address', 'https://10.0.0.1/x', /not public.*DARKROOM_ALLOW_WEBHOOK_HOSTS/],
    ['the address of cloud metadata', 'https://169.254.169.254/', /not public/],
    ['a loopback in IPv6', 'https://[::1]/', /not public/],
    ['a number for an address', 'https://2130706434/', /not public/],
    ['a password', 'https://user:password@receiver.example/', /user name or password/],
    ['longer than anybody takes', `https://receiver.example/${'x'.repeat(2048)}`, /at most 2048 characters/],
  ];

  test.each(refused)(
    'is refused when it is %s, at the submit and at the registration',
    async (_, url, message) => {
      const submitted = await call(server, `/v1/models/${TEXT_TO_IMAGE}${submitPath(url)}`, {
        json: FAILING,
      });
      expect(submitted).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'webhook'] }] } });
      expect(submitted.body.message).toMatch(message);
      const registered = await call(server, '/v1/webhooks', { json: { url } });
      expect(registered).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'url'] }] } });
      expect(registered.body.message).toMatch(message);
    },
  );

  test('is told of together with everything else that is wrong', async () => {
    const query = '?webhook=x&webhook=y&webhook_intermediate_status=perhaps';
    const { body } = await call(server, `/v1/models/${TEXT_TO_IMAGE}${query}`, { json: { num_images: 9 } });
    expect(body.detail.map(({ loc, msg }: { loc: string[]; msg: string }) => [loc.join('.'), msg])).toEqual([
      ['query.webhook', 'must be given once'],
      ['query.webhook_intermediate_status', 'must be true or false'],
      ['body.prompt', 'is required'],
      ['body.num_images', 'must be <= 4'],
    ]);
    const alone = await call(server, `/v1/models/${TEXT_TO_IMAGE}?webhook_intermediate_status=true`, {
      json: FAILING,
    });
    expect(alone.body.message).toBe('webhook_intermediate_status needs `webhook` beside it');
  });

  test('that is misspelt is not passed over in silence', async () => {
    const path = `/v1/models/${TEXT_TO_IMAGE}?webhok=https://receiver.example/`;
    const { body } = await call(server, path, { json: FAILING });
    expect((await resultOf(server, body.request_id)).warnings).toEqual([
      { field: '?webhok', message: 'unknown query parameter, ignored; did you mean webhook?' },
    ]);
    const strict = await call(server, path, { json: FAILING, headers: { prefer: 'handling=strict' } });
    expect(strict).toMatchObject({
      status: 422,
      body: {
        detail: [
          {
            loc: ['query', 'webhok'],
            msg: 'is not a known parameter; did you mean webhook?',
            type: 'unknown_parameter',
          },
        ],
      },
    });
  });

  test('is part of what an Idempotency-Key stands for', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const send = (query: string) =>
      call(server, `/v1/models/${TEXT_TO_IMAGE}${query}`, { json: FAILING, headers });
    const first = await send(submitPath('https://receiver.example/'));
    expect((await send(submitPath('https://receiver.example/'))).body).toEqual(first.body);
    expect((await send(submitPath('https://other.example/'))).status).toBe(422);
    expect((await send('')).status).toBe(422);
  });
});

describe('a webhook', () => {
  test('is made, shown, changed and deleted', async () => {
    const account = await makeAccount(server);
    const made = await call(account, '/v1/webhooks', { json: { url: 'https://receiver.example/a b' } });
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    const { secret, ...shown } = made.body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toMatchObject({
      url: 'https://receiver.example/a%20b',
      events: ['request.completed', 'request.failed', 'request.cancelled'],
      enabled: true,
      failing_since: null,
    });
    const path = `/v1/webhooks/${shown.id}`;
    expect((await call(account, path)).body).toEqual(shown);
    expect((await call(account, '/v1/webhooks')).body).toEqual({ webhooks: [shown] });

    const change = { events: ['request.output'], description: 'the shop', enabled: false };
    const changed = await call(account, path, { method: 'PATCH', json: change });
    expect(changed.body).toMatchObject({
      events: ['request.output'],
      description: 'the shop',
      enabled: false,
      disabled_reason: 'switched off over the API',
      url: shown.url,
    });
    expect((await call(account, `${path}/test`, { method: 'POST' })).status).toBe(409);
    const on = await call(account, path, { method: 'PATCH', json: { enabled: true, description: null } });
    expect(on.body).toMatchObject({
      enabled: true,
      disabled_at: null,
      disabled_reason: null,
      description: null,
    });

    expect((await call(account, path, { method: 'DELETE' })).status).toBe(204);
    expect((await call(account, path)).status).toBe(404);
    expect((await call(account, path, { method: 'DELETE' })).status).toBe(404);
    expect((await call(account, '/v1/webhooks')).body).toEqual({ webhooks: [] });
  });

  test.each([
    [{}, ['body.url']],
    [{ url: 'https://receiver.example/', events: [] }, ['body.events']],
    [{ url: 'https://receiver.example/', events: ['request.started'] }, ['body.events.0']],
    [{ url: 'https://receiver.example/', secret: 'whsec_x' }, ['body.secret']],
    [{ url: 'https://receiver.example/', description: 'x\u0000' }, ['body.description']],
  ])('made of %j is refused, naming the field', async (json, fields) => {
    const { status, body } = await call(server, '/v1/webhooks', { json });
    expect(status).toBe(422);
    expect(body.detail.map(({ loc }: { loc: string[] }) => loc.join('.'))).toEqual(fields);
  });

  test('is one of fifty at most', async () => {
    const account = await makeAccount(server);
    const make = () => call(account, '/v1/webhooks', { json: { url: 'https://receiver.example/' } });
    const answers = await Promise.all(Array.from({ length: 50 }, make));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(await make()).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/at most 50/) },
    });
    await call(account, `/v1/webhooks/${answers[0]!.body.id}`, { method: 'DELETE' });
    expect((await make()).status).toBe(201);
  });

  test("is an admin's business; whoever may read sees what was sent, but not the secrets in URLs", async () => {
    const receiver = await startReceiver();
    const account = await accountWithWebhook(server, { url: `${receiver.url}/secret-path` });
    const generate = await makeKey(account, { scopes: ['generate'] });
    const read = await makeKey(account, { scopes: ['read'] });
    const path = `/v1/webhooks/${account.webhookId}`;
    for (const { key } of [generate, read]) {
      const as = { ...account, key };
      for (const refused of ['/v1/webhooks', path, `${path}/secret`, '/v1/webhooks/default/secret'])
        expect((await call(as, refused)).status).toBe(403);
      for (const refused of ['/v1/webhooks', `${path}/rotate`, `${path}/test`])
        expect((await call(as, refused, { json: { url: receiver.url } })).status).toBe(403);
    }
    await call(account, `${path}/test`, { method: 'POST' });
    await receiver.until(1);
    const list = (key: string) => call({ ...account, key }, '/v1/deliveries');
    expect((await list(account.key)).body.deliveries[0].url).toBe(`${receiver.url}/secret-path`);
    expect((await list(read.key)).body.deliveries[0].url).toBe(`http://${receiver.host}`);
    const [{ id }] = (await list(read.key)).body.deliveries;
    expect(
      (await call({ ...account, key: read.key }, `/v1/deliveries/${id}/redeliver`, { method: 'POST' }))
        .status,
    ).toBe(403);
  });

  test("and its deliveries are nobody else's", async () => {
    const receiver = await startReceiver();
    const account = await accountWithWebhook(server, { url: receiver.url });
    const stranger = await accountWithWebhook(server, { url: receiver.url });
    const requestId = await submit(account, FAILING);
    await receiver.until(1);
    const [{ id }] = (await call(account, '/v1/deliveries')).body.deliveries;
    const path = `/v1/webhooks/${account.webhookId}`;
    for (const hidden of [path, `${path}/secret`, `/v1/deliveries/${id}`])
      expect((await call(stranger, hidden)).status).toBe(404);
    for (const hidden of [`${path}/test`, `${path}/rotate`, `/v1/deliveries/${id}/redeliver`])
      expect((await call(stranger, hidden, { method: 'POST' })).status).toBe(404);
    expect((await call(stranger, path, { method: 'PATCH', json: { enabled: false } })).status).toBe(404);
    expect((await call(stranger, path, { method: 'DELETE' })).status).toBe(404);
    for (const list of ['/v1/deliveries', `${path}/deliveries`, `/v1/deliveries?request_id=${requestId}`])
      expect((await call(stranger, list)).body.deliveries).toEqual([]);
    // And what happens to one account's requests is told to its webhooks alone.
    await submit(stranger, FAILING);
    await receiver.until(2);
    const told = (await call(account, '/v1/deliveries')).body.deliveries;
    expect(told.map(({ request_id }: { request_id: string }) => request_id)).toEqual([requestId]);
  });
});

describe('secrets', () => {
  test('are rotated without a delivery that cannot be verified, by the old one or the new', async () => {
    const receiver = await startReceiver();
    const account = await accountWithWebhook(server, { url: receiver.url });
    const path = `/v1/webhooks/${account.webhookId}`;
    await call(account, `${path}/test`, { method: 'POST' });
    const [before] = await receiver.until(1);
    expect(verify(account.secret, before!)).toMatchObject({ type: 'webhook.test' });

    const rotated = await call(account, `${path}/rotate`, { method: 'POST' });
    expect(rotated.headers.get('cache-control')).toBe('no-store');
    const holdsMs = Date.parse(rotated.body.previous_valid_until) - Date.now();
    expect(holdsMs / 3_600_000).toBeCloseTo(24, 1);
    expect((await call(account, `${path}/secret`)).body).toEqual(rotated.body);
    await call(account, `${path}/test`, { method: 'POST' });
    const during = (await receiver.until(2))[1]!;
    expect(String(during.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const secret of [account.secret, rotated.body.secret]) verify(secret, during);
    expect(() => verify(rotated.body.secret, before!)).toThrow('No matching signature');

    // One that leaked is signed with no more.
    const last = await call(account, `${path}/rotate`, { json: { overlap_seconds: 0 } });
    await call(account, `${path}/test`, { method: 'POST' });
    const after = (await receiver.until(3))[2]!;
    verify(last.body.secret, after);
    for (const secret of [account.secret, rotated.body.secret])
      expect(() => verify(secret, after)).toThrow('No matching signature');
  });

  test("of the account sign what submits ask for, and are not a webhook's", async () => {
    const receiver = await startReceiver();
    const account = await accountWithWebhook(server, { url: receiver.url, events: ['request.cancelled'] });
    await submit(account, FAILING, `${TEXT_TO_IMAGE}${submitPath(receiver.url)}`);
    const [message] = await receiver.until(1);
    const { secret } = (await call(account, '/v1/webhooks/default/secret')).body;
    verify(secret, message!);
    expect(() => verify(account.secret, message!)).toThrow();
    const rotated = (await call(account, '/v1/webhooks/default/rotate', { json: { overlap_seconds: 60 } }))
      .body;
    await submit(account, FAILING, `${TEXT_TO_IMAGE}${submitPath(receiver.url)}`);
    const both = (await receiver.until(2))[1]!;
    for (const known of [secret, rotated.secret]) verify(known, both);
  });

  test('are made once, however many ask for them first', async () => {
    const account = await makeAccount(server);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call(account, '/v1/webhooks/default/secret')),
    );
    expect(new Set(answers.map(({ body }) => body.secret)).size).toBe(1);
    const rotated = await Promise.all(
      Array.from({ length: 8 }, () => call(account, '/v1/webhooks/default/rotate', { method: 'POST' })),
    );
    expect(rotated.every(({ status }) => status === 200)).toBe(true);
    expect(new Set(rotated.map(({ body }) => body.secret)).size).toBe(8);
    const held = await rowsOf<{ n: number }>(
      server,
      'select count(*)::int as n from webhook_secrets where account_id = $1',
      [account.accountId],
    );
    expect(held[0]!.n).toBe(5);
  });

  test('are stored so that the database alone does not tell them', async () => {
    const account = await accountWithWebhook(server, { url: 'https://receiver.example/' });
    const [row] = await rowsOf<{ sealed: Buffer }>(
      server,
      'select sealed from webhook_secrets where webhook_id = $1',
      [account.webhookId],
    );
    const plain = Buffer.from(account.secret.replace('whsec_', ''), 'base64');
    expect(row!.sealed.includes(plain)).toBe(false);
    expect(row!.sealed.includes(createHash('sha256').update(plain).digest())).toBe(false);
    const key = await readFile(join(server.dataDir, 'secret-key'), 'utf8');
    expect(key).toMatch(/^[0-9a-f]{64}\n$/);
  });

  test('that were encrypted with a lost key say so, and are made anew', async () => {
    const receiver = await startReceiver();
    const account = await accountWithWebhook(server, { url: receiver.url });
    await rowsOf(server, `update webhook_secrets set sealed = '\\x00' || sealed where webhook_id = $1`, [
      account.webhookId,
    ]);
    const path = `/v1/webhooks/${account.webhookId}`;
    expect(await call(account, `${path}/secret`)).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/Make a new one/) },
    });
    const { body } = await call(account, `${path}/test`, { method: 'POST' });
    for (let state = 'pending'; state === 'pending'; )
      ({ state } = (await call(account, `/v1/deliveries/${body.id}`)).body);
    expect((await call(account, `/v1/deliveries/${body.id}`)).body).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(/secret cannot be decrypted/),
    });
    // Which is not the receiver's fault.
    expect((await call(account, path)).body).toMatchObject({ enabled: true, failing_since: null });
    const rotated = await call(account, `${path}/rotate`, { method: 'POST' });
    await call(account, `/v1/deliveries/${body.id}/redeliver`, { method: 'POST' });
    verify(rotated.body.secret, (await receiver.until(1))[0]!);
  });
});
