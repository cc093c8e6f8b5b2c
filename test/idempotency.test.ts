/** A submit that is repeated under its key makes one request, however close the repeats come. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, TEXT_TO_IMAGE } from './support/api.ts';
import { type Peek, peekInto } from './support/database.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let db: Peek;
beforeAll(async () => {
  server = await startTestServer();
  db = await peekInto(server.dataDir);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const send = (
  key: string,
  input: Record<string, unknown> = { prompt: 'once [[sandbox:blocked]]' },
  on: Pick<TestServer, 'url' | 'key'> = server,
) => call(on, `/v1/models/${TEXT_TO_IMAGE}`, { json: input, headers: { 'idempotency-key': key } });

const count = async (): Promise<number> => (await db.row('select count(*)::int as n from requests')).n;

test('twenty submits at once under one key make one request', async () => {
  const before = await count();
  const answers = await Promise.all(Array.from({ length: 20 }, () => send('twenty')));
  const accepted = answers.filter(({ status }) => status === 200);
  const inFlight = answers.filter(({ status }) => status === 409);
  expect(accepted.length + inFlight.length).toBe(20);
  expect(new Set(accepted.map(({ body }) => body.request_id)).size).toBe(1);
  expect(accepted.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
  for (const { headers, body } of inFlight) {
    expect(body.error_code).toBe(409001);
    expect(headers.get('retry-after')).toBe('1');
  }
  expect(await count()).toBe(before + 1);
});

test('the same key and body replays the first answer, and says so', async () => {
  const first = await send('replayed');
  const again = await send('replayed');
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again).toMatchObject({ status: 200, body: first.body });
});

test('the same key with another body or model is refused and makes nothing', async () => {
  const first = await send('reused');
  const before = await count();
  const otherBody = await send('reused', { prompt: 'another [[sandbox:blocked]]' });
  const otherModel = await call(server, '/v1/models/google/nano-banana/text-to-image', {
    json: { prompt: 'once [[sandbox:blocked]]' },
    headers: { 'idempotency-key': 'reused' },
  });
  for (const { status, body } of [otherBody, otherModel]) {
    expect(status).toBe(422);
    expect(body.detail).toEqual([expect.objectContaining({ type: 'idempotency_mismatch' })]);
  }
  expect(await count()).toBe(before);
  expect((await send('reused')).body.request_id).toBe(first.body.request_id);
});

test('a key belongs to its account', async () => {
  const stranger = await makeAccount(server);
  const mine = await send('shared');
  const theirs = await send('shared', undefined, stranger);
  expect(theirs.status).toBe(200);
  expect(theirs.headers.get('idempotency-replayed')).toBeNull();
  expect(theirs.body.request_id).not.toBe(mine.body.request_id);
});

test('after a day the key is free again', async () => {
  const first = await send('daily');
  await db.rows(
    "update idempotency_keys set created_at = created_at - interval '23 hours 59 minutes' where key = 'daily'",
  );
  expect((await send('daily')).body.request_id).toBe(first.body.request_id);
  await db.rows(
    "update idempotency_keys set created_at = created_at - interval '2 minutes' where key = 'daily'",
  );
  const next = await send('daily', { prompt: 'a new day [[sandbox:blocked]]' });
  expect(next.status).toBe(200);
  expect(next.headers.get('idempotency-replayed')).toBeNull();
  expect(next.body.request_id).not.toBe(first.body.request_id);
  expect((await send('daily', { prompt: 'a new day [[sandbox:blocked]]' })).body.request_id).toBe(
    next.body.request_id,
  );
});

test('a submit that was refused leaves its key free', async () => {
  const poor = await makeAccount(server, { monthlyBudget: 1 });
  expect((await send('refused', undefined, poor)).status).toBe(402);
  await db.rows('update accounts set monthly_budget = null where id = $1', [poor.accountId]);
  await db.rows("select pg_notify('darkroom', 'test keys ' || $1)", [poor.keyId]);
  // The server hears of it on another connection.
  await expect
    .poll(async () => (await send('refused', { prompt: 'other [[sandbox:blocked]]' }, poor)).status)
    .toBe(200);
});
