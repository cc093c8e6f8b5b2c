/** PostgreSQL is there and takes nothing more: it has no connection to spare, or its disk is full. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { fillWithCluster } from './support/cluster-template.ts';
import { eventually, type Peek, peekInto } from './support/database.ts';
import { startOwnPostgres } from './support/own-postgres.ts';
import { untilStarted } from './support/requests.ts';
import { startTestServer, type TestServer, temporaryFolder } from './support/server.ts';

const LONGEST_ANSWER_MS = 6000;
const SMALL = { resolution: '0.5K', output_format: 'jpeg' };

async function expectUnavailable(server: TestServer, path: string, json?: unknown): Promise<void> {
  const askedAt = performance.now();
  const { status, headers, body } = await call(server, path, json === undefined ? {} : { json });
  expect({ path, status, code: body.error_code }).toEqual({ path, status: 503, code: 503001 });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(performance.now() - askedAt).toBeLessThan(LONGEST_ANSWER_MS);
}

const isReady = async (server: TestServer): Promise<boolean> =>
  (await call(server, '/ready', { key: null })).status === 200;

/** So many pictures have come, although nobody can write that down. */
const untilMade = (server: TestServer, pictures: number): Promise<unknown> =>
  eventually(async () => {
    const { body } = await call(server, '/metrics', { key: null });
    return new RegExp(`^darkroom_round_seconds_count\\{.*outcome="done".*\\} ${pictures}$`, 'm').test(body);
  });

test('without a connection to spare calls are 503, what runs waits for one, and nothing is lost', {
  timeout: 60_000,
}, async () => {
  await using postgres = await startOwnPostgres({ max_connections: '40' });
  const { connection, peek } = postgres;
  await using server = await startTestServer({
    DATABASE_URL: `postgresql://darkroom@/darkroom?host=${connection.host}&port=${connection.port}`,
  });
  const running = await submit(server, { prompt: 'comes meanwhile [[sandbox:slow=1000]]', ...SMALL });
  await untilStarted(server, running);
  const queued = await submit(server, { prompt: 'waits [[sandbox:slow=500,blocked]]' });

  const taken: pg.Client[] = [];
  /** @returns once there is none left. */
  const takeAll = async (): Promise<void> => {
    for (;;) {
      const client = new pg.Client({ ...connection, application_name: 'another' });
      client.on('error', () => {});
      try {
        await client.connect();
      } catch (error) {
        expect((error as { code: string }).code).toBe('53300');
        return;
      }
      taken.push(client);
    }
  };
  await eventually(async () => {
    await takeAll();
    const { rows } = await taken[0]!.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ '^darkroom( listen| background)?$'`,
    );
    return rows.length === 0;
  });
  await expectUnavailable(server, `/v1/models/${TEXT_TO_IMAGE}`, { prompt: 'now?' });
  await expectUnavailable(server, `/v1/requests/${running}/result`);
  expect(await isReady(server)).toBe(false);
  await untilMade(server, 1);

  await Promise.all(taken.map((client) => client.end()));
  await eventually(() => isReady(server));
  expect((await resultOf(server, running)).status).toBe('completed');
  expect((await resultOf(server, queued)).error.code).toBe('content_blocked');
  expect(await peek.rows('select attempts from rounds where request_id = $1', [running])).toEqual([
    { attempts: 1 },
  ]);
});

test('a database that became read-only is 503 for what writes, and what runs waits', {
  timeout: 60_000,
}, async () => {
  await using server = await startTestServer();
  await using db = await peekInto(server.dataDir);
  const running = await submit(server, { prompt: 'comes meanwhile [[sandbox:slow=500]]', ...SMALL });
  await untilStarted(server, running);
  // As services do that run out of room.
  await db.script('alter database darkroom set default_transaction_read_only = on');
  await db.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ '^darkroom( listen| background)?$'`,
  );
  await untilMade(server, 1);
  await expectUnavailable(server, `/v1/models/${TEXT_TO_IMAGE}`, { prompt: 'now?' });
  const status = await call(server, `/v1/requests/${running}/status`);
  expect(status).toMatchObject({ status: 200, body: { status: 'in_progress', progress: { done: 0 } } });
  await db.script(
    'set default_transaction_read_only = off; alter database darkroom reset default_transaction_read_only',
  );
  expect((await resultOf(server, running)).status).toBe('completed');
  expect(await db.rows('select attempts from rounds where request_id = $1', [running])).toEqual([
    { attempts: 1 },
  ]);
});

// The cluster itself, what it writes ahead, and some room.
const DISK_BYTES = 160 * 2 ** 20;
const folder = await temporaryFolder();
const cluster = join(folder, 'postgres');
const mounted = mountDisk();
if (!mounted) {
  rmSync(folder, { recursive: true });
  console.warn("SKIPPED: what happens when PostgreSQL's disk is full needs root and mount(8) to be tried.");
}

describe.skipIf(!mounted)("with PostgreSQL's disk full", () => {
  let server: TestServer;
  let db: Peek;
  beforeAll(async () => {
    await fillWithCluster(cluster);
    server = await startTestServer({}, folder);
    db = await peekInto(folder);
  });
  afterAll(async () => {
    await db?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    execFileSync('umount', [cluster]);
    await rm(folder, { recursive: true, force: true });
  });

  test('calls are 503, and after there is room again all that was acknowledged goes on', {
    timeout: 60_000,
  }, async () => {
    const before = await submit(server, { prompt: 'was there before [[sandbox:blocked]]' });
    const running = await submit(server, {
      prompt: 'comes meanwhile [[sandbox:slow=2000]]',
      num_images: 2,
      ...SMALL,
    });
    await eventually(
      async () => (await db.rows('select 1 from rounds where request_id = $1', [running])).length === 2,
    );
    const filler = join(cluster, 'filler');
    const { bavail, bsize } = await statfs(cluster);
    // What PostgreSQL takes of it meanwhile is as good.
    await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(({ code }) => expect(code).toBe('ENOSPC'));
    // What is written ahead goes into files that are there already, until they are full: then PostgreSQL gives up and starts
    // again, in vain.
    const writeAhead = `select pg_logical_emit_message(false, 'test', repeat('x', 1000000))`;
    await eventually(() =>
      db.rows(writeAhead).then(
        () => false,
        () => true,
      ),
    );
    await eventually(async () => !(await isReady(server)));
    await expectUnavailable(server, `/v1/models/${TEXT_TO_IMAGE}`, { prompt: 'now?' });
    await expectUnavailable(server, `/v1/requests/${before}/result`);
    await untilMade(server, 2);
    expect(await readFile(join(folder, 'postgres.log'), 'utf8')).toMatch(/PANIC: .*No space left on device/);

    await rm(filler);
    await eventually(() => isReady(server));
    expect((await resultOf(server, before)).error.code).toBe('content_blocked');
    expect((await resultOf(server, running)).output.images).toHaveLength(2);
    expect(await db.rows('select attempts from rounds where request_id = $1', [running])).toEqual([
      { attempts: 1 },
      { attempts: 1 },
    ]);
  });
});

/** A file system of its own for the cluster. */
function mountDisk(): boolean {
  mkdirSync(cluster, { mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=0700`, 'tmpfs', cluster], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
