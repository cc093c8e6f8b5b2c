/** The API and the workers as processes of their own, on a PostgreSQL that all of them reach. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, resultOf, submit } from './support/api.ts';
import { darkroom } from './support/command.ts';
import { eventually } from './support/database.ts';
import { startOwnPostgres } from './support/own-postgres.ts';
import { type ServerProcess, spawnServer } from './support/server.ts';
import { type SharedPostgres, startSharedPostgres } from './support/shared-postgres.ts';

let shared: SharedPostgres;
let env: Record<string, string>;
beforeAll(async () => {
  shared = await startSharedPostgres();
  env = { DATABASE_URL: shared.databaseUrl };
});
afterAll(() => shared[Symbol.asyncDispose]());

test('neither starts before the schema is there, and says what makes it', async () => {
  for (const command of ['api', 'worker']) {
    await expect(spawnServer(shared.dataDir, env, [command])).rejects.toThrow(/Run `darkroom migrate` once/);
  }
});

test('without a database that all reach, they say what to set', async () => {
  for (const command of ['api', 'worker']) {
    await expect(spawnServer(shared.dataDir, {}, [command])).rejects.toThrow(/set DATABASE_URL/);
  }
});

describe('once it was migrated', () => {
  let api: ServerProcess;
  beforeAll(async () => {
    const first = await darkroom(['migrate'], { env: { DARKROOM_DATA_DIR: shared.dataDir, ...env } });
    expect(first.stdout).toMatch(/^Applied 0001-init\.sql, .* to PostgreSQL at /);
    const again = await darkroom(['migrate'], { env: { DARKROOM_DATA_DIR: shared.dataDir, ...env } });
    expect(again.stdout).toMatch(/has this version's schema already/);
    api = await spawnServer(shared.dataDir, env, ['api']);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test('the API takes requests in, and a worker runs them when there is one', async () => {
    const id = await submit(api, { prompt: 'waits for a worker', resolution: '0.5K' });
    // It says so, and stays ready: what it takes in waits.
    const { status, body } = await call(api, '/ready', { key: null });
    expect([status, body.ready, body.checks.worker.ok]).toEqual([200, true, false]);
    await using worker = await spawnServer(shared.dataDir, env, ['worker', '--concurrency', '2']);
    expect((await resultOf(api, id)).status).toBe('completed');
    expect((await call(worker, '/ready', { key: null })).body.ready).toBe(true);
    expect((await call(worker, '/metrics', { key: null })).body).toMatch(/darkroom_round_seconds_count/);
    expect((await call(worker, '/v1/models')).status).toBe(404);
    expect(await shared.peek.row('select concurrency, pools from workers')).toEqual({
      concurrency: 2,
      pools: ['sandbox'],
    });
  });

  test('a worker of one backend leaves the others their requests, and one of no known backend does not start', async () => {
    const both = { ...env, OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', DARKROOM_SANDBOX: 'on' };
    await expect(
      spawnServer(shared.dataDir, both, ['worker', '--backends', 'sandbox,elsewhere']),
    ).rejects.toThrow(/No backend elsewhere is configured here; there is openai, sandbox/);
    await using _worker = await spawnServer(shared.dataDir, both, ['worker', '--backends', 'sandbox']);
    expect(await shared.peek.row('select pools from workers order by started_at desc limit 1')).toEqual({
      pools: ['sandbox'],
    });
  });

  test('a database of a newer version is left alone', async () => {
    await shared.peek.rows("insert into migrations (name) values ('9999-later.sql')");
    try {
      for (const command of ['api', 'worker', 'serve']) {
        await expect(spawnServer(shared.dataDir, env, [command])).rejects.toThrow(
          /belongs to a newer Darkroom \(it has 9999-later\.sql\)/,
        );
      }
      // What runs already goes on.
      expect((await call(api, '/ready', { key: null })).body.checks.database.ok).toBe(true);
    } finally {
      await shared.peek.rows("delete from migrations where name = '9999-later.sql'");
    }
  });
});

test('a worker whose database is gone is not ready, and nothing to restart', async () => {
  await using postgres = await startOwnPostgres();
  const { host, port } = postgres.connection;
  const databaseUrl = { DATABASE_URL: `postgresql://darkroom@/darkroom?host=${host}&port=${port}` };
  await darkroom(['migrate'], { env: { DARKROOM_DATA_DIR: shared.dataDir, ...databaseUrl } });
  await using worker = await spawnServer(shared.dataDir, databaseUrl, ['worker']);
  expect((await call(worker, '/ready', { key: null })).status).toBe(200);
  await postgres.kill();
  expect((await call(worker, '/health', { key: null })).status).toBe(200);
  // One look serves all who ask within a moment.
  const unready = await eventually(async () => {
    const { status, body } = await call(worker, '/ready', { key: null });
    return status === 503 && body;
  });
  expect(unready.checks.database.ok).toBe(false);
  const metrics = await call(worker, '/metrics', { key: null });
  expect([metrics.status, metrics.body]).toEqual([
    200,
    expect.stringContaining('darkroom_check{check="database"} 0'),
  ]);
});
