/** What has a time to expire is gone after it, from the answers at once and from the disk with the sweep. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweep } from '../src/background/sweep.ts';
import { type Database, openDatabase } from '../src/db/database.ts';
import { type Notifications, openNotifications } from '../src/db/notifications.ts';
import { openDiskStore } from '../src/files/disk-store.ts';
import type { FileStore } from '../src/files/store.ts';
import { call, resultOf, submit } from './support/api.ts';
import { eventually, type Peek, peekInto, targetOf } from './support/database.ts';
import { drawPicture } from './support/pictures.ts';
import { submitEndless, untilStarted } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { silent } from './support/test-database.ts';

const DAY_MS = 86_400_000;
const SMALL = { resolution: '0.5K', output_format: 'jpeg' };

let server: TestServer;
let peek: Peek;
let db: Database;
let notifications: Notifications;
let store: FileStore;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  peek = await peekInto(server.dataDir);
  db = openDatabase(await targetOf(server.dataDir), { maxConnections: 2, log: silent });
  notifications = await openNotifications(db, silent);
  store = await openDiskStore(join(server.dataDir, 'files'));
});
afterAll(async () => {
  await notifications[Symbol.asyncDispose]();
  await db.close();
  await peek[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const sweepWith = (ages: { outputRetentionMs?: number; requestRetentionMs?: number } = {}) =>
  sweep({
    db,
    notifications,
    store,
    log: silent,
    outputRetentionMs: 0,
    requestRetentionMs: 0,
    webhookRetentionMs: 0,
    sessionIdleMs: 60_000,
    sessionLifetimeMs: 60_000,
    ...ages,
  });

const onDisk = async (): Promise<Set<string>> =>
  new Set(
    (await readdir(join(server.dataDir, 'files', 'objects'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name),
  );

const outputsOf = async (id: string): Promise<string[]> =>
  (
    await peek.rows("select id from files where request_id = $1 and kind = 'output' order by round", [id])
  ).map((row) => row.id);

const madeNow = async (input: Record<string, unknown> = {}) => {
  const id = await submit(server, { prompt: 'kept for a while', ...SMALL, ...input });
  return { id, result: await resultOf(server, id), files: await outputsOf(id) };
};

test('nothing goes where nothing is to expire', async () => {
  const { result, files } = await madeNow();
  await peek.rows("update files set created_at = created_at - interval '10 years'");
  await sweepWith();
  expect((await fetch(result.output.image)).status).toBe(200);
  expect(await onDisk()).toContain(files[0]);
});

test('outputs past their age are gone from answers and disk; request, usage, uploads and younger outputs stay', async () => {
  const old = await madeNow({ num_images: 2 });
  const young = await madeNow();
  const upload = await call(server, '/v1/files', {
    body: await drawPicture(),
    headers: { 'content-type': 'image/png' },
  });
  await peek.rows("update files set created_at = created_at - interval '2 days' where id <> $1", [
    young.files[0],
  ]);
  await sweepWith({ outputRetentionMs: DAY_MS });

  for (const url of old.result.output.images) expect((await fetch(url)).status).toBe(404);
  const stored = await onDisk();
  for (const id of old.files) expect(stored).not.toContain(id);
  expect(await outputsOf(old.id)).toEqual([]);
  expect((await fetch(young.result.output.image)).status).toBe(200);
  expect((await fetch(upload.body.url)).status).toBe(200);

  const { body } = await call(server, `/v1/requests/${old.id}/result?include_cost=true`);
  expect(body).toMatchObject({ status: 'completed', output: {}, files: [], cost: old.result.cost });
  expect(body.warnings).toEqual([{ message: 'The outputs have expired.' }]);
  expect(await peek.row('select outcome, outputs from usage where request_id = $1', [old.id])).toEqual({
    outcome: 'completed',
    outputs: 2,
  });
});

test('whole requests past their age are gone with their files, however many; usage and unended ones stay', async () => {
  const endless = await submitEndless(server);
  const old = await Promise.all(
    // More than go in one batch.
    Array.from({ length: 250 }, (_, index) => submit(server, { prompt: `${index} [[sandbox:blocked]]` })),
  );
  const picture = await madeNow();
  await Promise.all(old.map((id) => resultOf(server, id)));
  const between = Date.now() + 2;
  await eventually(() => Date.now() > between);
  const young = await madeNow();
  // Their age is in their ids: whatever was made before that moment is old.
  const swept = await sweepWith({ requestRetentionMs: Date.now() - between });

  expect(swept.requests).toBeGreaterThanOrEqual(251);
  for (const id of [old[0], old[249], picture.id])
    expect((await call(server, `/v1/requests/${id}/result`)).status).toBe(404);
  expect((await fetch(picture.result.output.image)).status).toBe(404);
  expect(await onDisk()).not.toContain(picture.files[0]);
  expect(await peek.rows('select id from files where id = $1', [picture.files[0]])).toEqual([]);
  expect(await peek.rows('select index from rounds where request_id = $1', [picture.id])).toEqual([]);
  expect(
    await peek.row('select count(*)::int as kept from usage where request_id = any($1)', [
      [...old, picture.id],
    ]),
  ).toEqual({ kept: 251 });

  expect((await call(server, `/v1/requests/${endless}/status`)).body.status).toBe('in_progress');
  expect((await call(server, `/v1/requests/${young.id}/result`)).body.output.image).toBe(
    young.result.output.image,
  );
  expect((await fetch(young.result.output.image)).status).toBe(200);
});

test('bytes that nobody came to own are removed with the row that announced them', async () => {
  const before = await onDisk();
  const { account_id } = await peek.row('select account_id from keys limit 1');
  const id = '0123456789abcdefghjkmnpqrstvwxyz';
  await peek.rows(
    "insert into files (id, account_id, kind, expires_at) values ($1, $2, 'output', now() + interval '1 hour')",
    [id, account_id],
  );
  await store.write(`files/${id}`, Buffer.from('written, and then the process died'));
  await sweepWith();
  expect(await onDisk()).toContain(id);
  await peek.rows("update files set expires_at = now() - interval '1 second' where id = $1", [id]);
  await sweepWith();
  expect(await onDisk()).toEqual(before);
  expect(await peek.rows('select id from files where id = $1', [id])).toEqual([]);
});

test('what was fetched for a request is kept while it runs and goes when it has ended', async () => {
  const id = await submit(server, { prompt: 'runs [[sandbox:slow=500]]', ...SMALL });
  await untilStarted(server, id);
  const fetched = await peek.row(
    `insert into files (id, account_id, kind, request_id, expires_at)
     select '00000000000000000000000000000000', account_id, 'fetched', id, now() + interval '6 hours' from requests where id = $1
     returning id`,
    [id],
  );
  const left = () => peek.rows('select id from files where id = $1', [fetched.id]);
  await sweepWith();
  expect(await left()).toHaveLength(1);
  const { output } = await resultOf(server, id);
  await sweepWith();
  expect(await left()).toEqual([]);
  expect((await fetch(output.image)).status).toBe(200);
});

test('the sweep is scheduled every minute', async () => {
  const schedules = await eventually(async () => {
    const rows = await peek.rows('select name, cron from pgboss.schedule').catch(() => []);
    return rows.length > 0 && rows;
  });
  expect(schedules).toEqual([{ name: 'sweep', cron: '* * * * *' }]);
});
