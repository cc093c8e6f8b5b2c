/** SIGTERM: what runs may finish, the rest is given back with what it has, and the next start does only what is missing. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { call, resultOf, submit } from './support/api.ts';
import { stopLeftPostgres } from './support/database.ts';
import { endHalfDone } from './support/half-done.ts';
import { submitEndless, untilStarted } from './support/requests.ts';
import { type ServerProcess, spawnServer, temporaryFolder } from './support/server.ts';
import { type SharedPostgres, startSharedPostgres } from './support/shared-postgres.ts';

const SMALL = { resolution: '0.5K', output_format: 'jpeg' };

let shared: SharedPostgres;
beforeAll(async () => {
  shared = await startSharedPostgres();
});
afterAll(() => shared[Symbol.asyncDispose]());

async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await spawnServer(shared.dataDir, { DATABASE_URL: shared.databaseUrl, ...env });
  onTestFinished(() => void server.child.kill('SIGKILL'));
  return server;
}

test('a round that runs is finished within the grace, and the process ends with 0', async () => {
  const server = await start({ DARKROOM_SHUTDOWN_GRACE: '20s' });
  const id = await submit(server, { prompt: 'nearly there [[sandbox:slow=1500]]', ...SMALL });
  const waiting = await submit(server, { prompt: 'nearly there [[sandbox:slow=1500]]', ...SMALL });
  await Promise.all([untilStarted(server, id), untilStarted(server, waiting)]);
  const signalledAt = performance.now();
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(performance.now() - signalledAt).toBeLessThan(10_000);
  expect(
    await shared.peek.rows('select state, attempts, done from requests where id = any($1)', [[id, waiting]]),
  ).toEqual([
    { state: 'completed', attempts: 1, done: 1 },
    { state: 'completed', attempts: 1, done: 1 },
  ]);
});

test('what waits is not begun any more, and keeps its place', async () => {
  const server = await start({ DARKROOM_SHUTDOWN_GRACE: '20s', DARKROOM_CONCURRENCY: '1' });
  const runs = await submit(server, { prompt: 'runs [[sandbox:slow=1500]]', ...SMALL });
  await untilStarted(server, runs);
  const waits = await submit(server, { prompt: 'waits', ...SMALL });
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  const stateOf = async (id: string) =>
    await shared.peek.row('select state, attempts from requests where id = $1', [id]);
  expect(await stateOf(runs)).toEqual({ state: 'completed', attempts: 1 });
  expect(await stateOf(waits)).toEqual({ state: 'queued', attempts: 0 });

  await using next = await start();
  expect((await resultOf(next, waits)).status).toBe('completed');
});

test('what does not finish is given back with its finished images, and only the others are made again', {
  timeout: 60_000,
}, async () => {
  const id = await endHalfDone(shared.peek, () => start({ DARKROOM_SHUTDOWN_GRACE: '0' }), 'SIGTERM');
  const read = () =>
    shared.peek.row(
      `select r.state, r.attempts, r.lease, r.done, r.started_at is not null as started, l.queued, l.running,
              (select json_agg(json_build_object('index', index, 'state', state, 'attempts', attempts) order by index)
                 from rounds where request_id = r.id) as rounds
         from requests r join lanes l using (account_id, pool) where r.id = $1`,
      [id],
    );
  const between = await read();
  expect(between).toMatchObject({
    state: 'queued',
    attempts: 0,
    lease: null,
    started: true,
    queued: 1,
    running: 0,
  });
  expect([1, 2, 3]).toContain(between.done);

  await using next = await start();
  // It had started: for its caller a state never goes back.
  expect((await call(next, `/v1/requests/${id}/status`)).body.status).not.toBe('in_queue');
  const result = await resultOf(next, id);
  expect(result.output.images).toHaveLength(4);
  const after = await read();
  expect(after).toMatchObject({ state: 'completed', attempts: 1, done: 4, queued: 0, running: 0 });
  for (const [index, before] of between.rounds.entries()) {
    const { attempts } = after.rounds[index];
    if (before.state === 'done') expect(attempts).toBe(1);
    else expect(attempts).toBeLessThanOrEqual(2);
  }
  // Those that were begun and lost were begun again.
  expect(after.rounds.some(({ attempts }: { attempts: number }) => attempts === 2)).toBe(true);
});

test('two signals at once, as npm and the terminal send them, are one', async () => {
  const server = await start({ DARKROOM_SHUTDOWN_GRACE: '20s' });
  const id = await submit(server, { prompt: 'nearly there [[sandbox:slow=1000]]', ...SMALL });
  await untilStarted(server, id);
  server.child.kill('SIGINT');
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  const { state } = await shared.peek.row('select state from requests where id = $1', [id]);
  expect(state).toBe('completed');
});

test('a second signal exits at once, and the next start takes up what was left', async () => {
  const dataDir = await temporaryFolder();
  let server = await spawnServer(dataDir, { DARKROOM_SHUTDOWN_GRACE: '60s' });
  onTestFinished(async () => {
    server.child.kill('SIGKILL');
    await server.exited;
    await stopLeftPostgres(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });
  const id = await submit(server, { prompt: 'takes long [[sandbox:slow=3000]]', ...SMALL });
  const endless = await submitEndless(server);
  await untilStarted(server, id);
  server.child.kill('SIGTERM');
  // A quick second one would be taken for the first.
  await sleep(500);
  const secondAt = performance.now();
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(130);
  expect(performance.now() - secondAt).toBeLessThan(5000);

  // Its PostgreSQL was left running and is adopted; nobody else can hold the leases, so nobody waits for their end.
  const restartedAt = performance.now();
  server = await spawnServer(dataDir);
  expect((await resultOf(server, id)).status).toBe('completed');
  expect(performance.now() - restartedAt).toBeLessThan(12_000);
  expect((await call(server, `/v1/requests/${endless}/status`)).body.status).toBe('in_progress');
});
