/** Two servers on one PostgreSQL that neither of them owns. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { eventually, type Peek } from './support/database.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { type SharedPostgres, startSharedPostgres } from './support/shared-postgres.ts';

let shared: SharedPostgres;
let db: Peek;
let servers: TestServer[];
beforeAll(async () => {
  shared = await startSharedPostgres();
  db = shared.peek;
  const start = () => startTestServer({ DATABASE_URL: shared.databaseUrl }, shared.dataDir);
  // At once: they migrate one after the other, and make one first key.
  servers = await Promise.all([start(), start()]);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  await shared[Symbol.asyncDispose]();
});

const roundsRunBy = async (server: TestServer): Promise<number> => {
  const { body } = await call(server, '/metrics');
  return [...String(body).matchAll(/^darkroom_round_seconds_count\{[^}]*\} (\d+)$/gm)]
    .map(([, count]) => Number(count))
    .reduce((sum, count) => sum + count, 0);
};

test('take each request once, and both take some', async () => {
  const ids = await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      submit(servers[index % 2]!, { prompt: `${index} [[sandbox:blocked]]` }),
    ),
  );
  await eventually(async () => (await db.row('select count(*)::int as n from usage')).n === 300);
  const { requests, runs, calls } = await db.row(
    `select count(*)::int as requests, sum(attempts)::int as runs,
            (select sum(attempts)::int from rounds where request_id = any($1)) as calls
       from requests where id = any($1) and state = 'failed'`,
    [ids],
  );
  expect({ requests, runs, calls }).toEqual({ requests: 300, runs: 300, calls: 300 });
  const [first, second] = await Promise.all(servers.map(roundsRunBy));
  expect(first! + second!).toBe(300);
  expect(Math.min(first!, second!)).toBeGreaterThan(0);
});

test('answer for what the other has taken in, run and stored', async () => {
  const [one, other] = servers as [TestServer, TestServer];
  const id = await submit(one, { prompt: 'a lighthouse', resolution: '0.5K' });
  const result = await resultOf(other, id);
  expect(result.status).toBe('completed');
  const path = new URL(result.output.image).pathname;
  expect((await fetch(one.url + path)).status).toBe(200);
  expect((await fetch(other.url + path)).status).toBe(200);
});

test('what was deleted at one is soon unknown to the other, which had told of it', async () => {
  const [one, other] = servers as [TestServer, TestServer];
  const id = await submit(one, { prompt: 'gone [[sandbox:blocked]]' });
  await resultOf(one, id);
  const status = async (server: TestServer) => (await call(server, `/v1/requests/${id}/status`)).status;
  expect([await status(one), await status(other)]).toEqual([200, 200]);
  expect((await call(one, `/v1/requests/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect(await status(one)).toBe(404);
  await eventually(async () => (await status(other)) === 404);
});

test('make one request of submits that reach both under one key', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      call(servers[index % 2]!, `/v1/models/${TEXT_TO_IMAGE}`, {
        json: { prompt: 'once [[sandbox:blocked]]' },
        headers: { 'idempotency-key': 'both' },
      }),
    ),
  );
  const ids = answers.filter(({ status }) => status === 200).map(({ body }) => body.request_id);
  expect(new Set(ids).size).toBe(1);
  for (const { status } of answers) expect([200, 409]).toContain(status);
  expect(await db.rows("select request_id from idempotency_keys where key = 'both'")).toEqual([
    { request_id: ids[0] },
  ]);
});

test('wake each other: a wait on one ends when the other has ended the request', async () => {
  const [one, other] = servers as [TestServer, TestServer];
  const id = await submit(one, { prompt: 'waited for [[sandbox:slow=300,blocked]]' });
  const results = await Promise.all([resultOf(one, id), resultOf(other, id)]);
  for (const { error } of results) expect(error.code).toBe('content_blocked');
});
