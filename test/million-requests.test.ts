/** With very many requests no call reads more of them than it shows: what PostgreSQL did for each statement is looked at. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sweep } from '../src/background/sweep.ts';
import { type Database, openDatabase, type Statement } from '../src/db/database.ts';
import { type Notifications, openNotifications } from '../src/db/notifications.ts';
import { openDiskStore } from '../src/files/disk-store.ts';
import { cancelRequest } from '../src/requests/cancel.ts';
import { claimRequest, giveBackRequest, hasClaimable } from '../src/requests/claim.ts';
import { type Answer, call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { fillWithAMillion, REQUESTS, WAITING, WAITING_POOL } from './support/million.ts';
import { drawPicture } from './support/pictures.ts';
import { explainAll, type Plan, readPlans } from './support/plans.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { type SharedPostgres, startSharedPostgres } from './support/shared-postgres.ts';
import { silent } from './support/test-database.ts';

const statements = vi.hoisted((): { name: string; text: string }[] => []);
vi.mock('../src/db/database.ts', async (original) => {
  const real = await original<typeof import('../src/db/database.ts')>();
  return {
    ...real,
    statement: <Row>(name: string, text: string): Statement<Row> => {
      statements.push({ name, text });
      return real.statement<Row>(name, text);
    },
  };
});

/** A page of history looks at this many requests for those that fit, and everything else at far fewer. */
const MOST_ROWS = 5_100;
/** Tables that stay small however many requests there are; the planner may as well read them whole. */
const SMALL = new Set([
  'accounts',
  'keys',
  'lanes',
  'spending',
  'workers',
  'backend_limits',
  'migrations',
  'webhook_receivers',
]);

let shared: SharedPostgres;
let server: TestServer;
let db: Database;
let notifications: Notifications;
beforeAll(async () => {
  shared = await startSharedPostgres();
  const env = { DATABASE_URL: shared.databaseUrl, DARKROOM_MAX_QUEUED: '1000000' };
  await (await startTestServer(env, shared.dataDir))[Symbol.asyncDispose]();
  await fillWithAMillion(shared.peek);
  await explainAll(shared.peek);
  server = await startTestServer(env, shared.dataDir);
  db = openDatabase({ connectionString: shared.databaseUrl }, { maxConnections: 4, log: silent });
  notifications = await openNotifications(db, silent);
}, 300_000);
afterAll(async () => {
  await notifications[Symbol.asyncDispose]();
  await db[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await shared[Symbol.asyncDispose]();
});

test('every statement finds its rows by an index, and reads a bounded number of them', async () => {
  await live();
  await read();
  await keepTidy();
  const plans = readPlans(shared.dataDir, statements);
  expect(new Set(plans.map(({ statement }) => statement)).size).toBeGreaterThan(60);
  // Those inside of functions are among them.
  expect(plans.map(({ statement }) => statement)).toContainEqual(
    expect.stringMatching(/^insert into requests .* places_before/),
  );
  const worst = new Map<string, Plan>();
  for (const plan of plans) {
    const known = worst.get(plan.statement);
    if (!known || plan.rows > known.rows) worst.set(plan.statement, plan);
  }
  const unbounded = [...worst.values()].filter(
    ({ rows, scanned }) => rows > MOST_ROWS || scanned.some((table) => !SMALL.has(table) && rows > 1000),
  );
  expect(unbounded).toEqual([]);
}, 120_000);

const ok = async (path: string, options?: Parameters<typeof call>[2]): Promise<Answer> => {
  const answer = await call(server, path, options);
  if (answer.status >= 300)
    throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
};

/** Requests from submit to their end, and in the pool where a hundred thousand wait. */
async function live(): Promise<void> {
  const ids = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      submit(server, { prompt: `${index}`, resolution: '0.5K', num_images: 2 }),
    ),
  );
  await ok(`/v1/models/${TEXT_TO_IMAGE}`, {
    json: { prompt: 'once [[sandbox:blocked]]' },
    headers: { 'idempotency-key': 'a new one' },
  });
  const results = await Promise.all(ids.map((id) => resultOf(server, id)));
  expect(results.every(({ status }) => status === 'completed')).toBe(true);
  expect((await fetch(results[0]!.output.images[0])).status).toBe(200);
  await ok(`/v1/requests/${ids[0]}`, { method: 'DELETE' });

  const waiting = await shared.peek.rows(
    `select id, account_id from requests where pool = $1 and state = 'queued' order by place desc limit 3`,
    [WAITING_POOL],
  );
  for (const { id, account_id } of waiting) {
    const { body } = await ok(`/v1/requests/${id}/status`);
    expect(body.queue_position).toBeGreaterThan(WAITING - 10);
    await ok(`/v1/requests/${id}/result`);
    expect(await cancelRequest(db, notifications, account_id, id)).toMatchObject({ outcome: 'cancelled' });
  }
  for (let turn = 0; turn < 5; turn++) {
    const claimed = (await claimRequest(db, WAITING_POOL, crypto.randomUUID(), 60_000))!;
    if (turn % 2) await giveBackRequest(db, claimed);
    await hasClaimable(db, WAITING_POOL);
  }
}

async function read(): Promise<void> {
  for (const status of ['', 'in_queue', 'in_progress', 'completed', 'failed', 'cancelled'])
    for (const filter of ['', '&model_id=openai/gpt-image-2/text-to-image', '&model_id=none'])
      await ok(`/v1/requests?limit=100${status && `&status=${status}`}${filter}`);
  const middle = await shared.peek.row(
    'select id, key_id, created_at from requests order by id offset $1 limit 1',
    [REQUESTS / 2],
  );
  await ok(`/v1/requests?limit=100&before=${encodeURIComponent(middle.created_at)}`);
  await ok(`/v1/requests?limit=100&after=${encodeURIComponent(middle.created_at)}&key_id=${middle.key_id}`);
  const deep = (await ok('/v1/requests?limit=1')).body.next_cursor;
  await ok(`/v1/requests?limit=100&cursor=${deep}`);

  for (const grouping of ['day', 'model', 'key'])
    for (const range of ['', '&from=2020-01-01']) await ok(`/v1/usage?group_by=${grouping}${range}`);
  for (const path of [
    '/v1/account',
    '/v1/keys',
    '/v1/files?limit=100',
    '/v1/models',
    '/v1/system',
    '/v1/accounts',
  ])
    await ok(path);
  for (const path of ['/ready', '/metrics']) await ok(path, { key: null });

  const uploaded = (
    await ok('/v1/files', { body: await drawPicture(), headers: { 'content-type': 'image/png' } })
  ).body;
  await ok(`/v1/files/${uploaded.id}`, { method: 'DELETE' });
  const made = (await ok('/v1/keys', { json: { name: 'another' } })).body;
  await ok(`/v1/keys/${made.id}`, { method: 'DELETE' });
  const webhook = (await ok('/v1/webhooks', { json: { url: 'https://receiver.example/a' } })).body;
  for (const path of ['/v1/webhooks', `/v1/webhooks/${webhook.id}/deliveries`, '/v1/deliveries?limit=100'])
    await ok(path);
}

/** What runs in the background, with something to remove of each kind. */
async function keepTidy(): Promise<void> {
  const dayMs = 86_400_000;
  const oldest = await shared.peek.row(
    `select extract(epoch from now() - min(created_at)) * 1000 as ms from requests where state <> 'queued'`,
  );
  const ageMs = Math.max(dayMs, Number(oldest.ms) - 600_000);
  await sweep({
    db,
    notifications,
    store: await openDiskStore(`${shared.dataDir}/files`),
    log: silent,
    outputRetentionMs: ageMs,
    requestRetentionMs: ageMs,
    webhookRetentionMs: dayMs,
    sessionIdleMs: dayMs,
    sessionLifetimeMs: dayMs,
  });
}
