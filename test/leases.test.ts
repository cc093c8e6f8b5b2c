/** A worker that is gone, or only seems so: its requests go on elsewhere, once. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTcpProxy } from './chaos/tcp-proxy.ts';
import { resultOf, submit } from './support/api.ts';
import { eventually, type Peek, peekInto, stopLeftPostgres } from './support/database.ts';
import { endHalfDone } from './support/half-done.ts';
import { submitEndless, untilStarted } from './support/requests.ts';
import { type ServerProcess, spawnServer, temporaryFolder } from './support/server.ts';
import { startSharedPostgres } from './support/shared-postgres.ts';

const SMALL = { resolution: '0.5K', output_format: 'jpeg' };

/** All that is known of requests. */
const everything = async (peek: Peek) => ({
  requests: await peek.rows('select * from requests order by id'),
  rounds: await peek.rows('select * from rounds order by request_id, index'),
  files: await peek.rows('select * from files where request_id is not null order by id'),
  usage: await peek.rows('select * from usage order by request_id'),
  lanes: await peek.rows('select queued, running from lanes'),
  spending: await peek.rows('select owner_id, reserved, spent from spending order by owner_id'),
});

const socketOf = (databaseUrl: string): string =>
  `${new URL(databaseUrl.replace('@/', '@localhost/')).searchParams.get('host')}/.s.PGSQL.5432`;

describe.concurrent('a lease', () => {
  test('of a stopped process and of a killed one ends; another takes over, and the stopped one writes nothing more', {
    timeout: 90_000,
  }, async ({ onTestFinished }) => {
    await using shared = await startSharedPostgres();
    const { peek } = shared;
    const start = async (concurrency = 1): Promise<ServerProcess> => {
      const env = { DATABASE_URL: shared.databaseUrl, DARKROOM_CONCURRENCY: String(concurrency) };
      const server = await spawnServer(shared.dataDir, env);
      onTestFinished(() => void server.child.kill('SIGKILL'));
      return server;
    };

    // Each has room for one: either has one of the two requests.
    const [stopped, killed] = await Promise.all([start(), start()]);
    const first = await submit(stopped, { prompt: 'held twice [[sandbox:slow=4000]]', ...SMALL });
    const second = await submit(stopped, { prompt: 'held twice [[sandbox:slow=4000]]', ...SMALL });
    await Promise.all([untilStarted(stopped, first), untilStarted(stopped, second)]);
    // In progress is not yet in the middle of a call.
    await eventually(async () => (await peek.rows('select 1 from rounds where attempts = 1')).length === 2);
    stopped.child.kill('SIGSTOP');
    killed.child.kill('SIGKILL');
    await killed.exited;

    const stoppedAt = performance.now();
    await using other = await start(2);
    await eventually(async () => (await peek.rows('select 1 from requests where attempts = 1')).length === 0);
    const seconds = (performance.now() - stoppedAt) / 1000;
    const results = await Promise.all([resultOf(other, first), resultOf(other, second)]);
    for (const { status, files } of results) {
      expect(status).toBe('completed');
      expect(files).toHaveLength(1);
    }
    // Not before the lease ended, and within half a minute.
    expect(seconds).toBeGreaterThan(10);
    expect(seconds).toBeLessThan(30);

    const before = await everything(peek);
    expect(before.requests.map(({ attempts }) => attempts)).toEqual([2, 2]);
    expect(before.rounds.map(({ attempts, state }) => ({ attempts, state }))).toEqual([
      { attempts: 2, state: 'done' },
      { attempts: 2, state: 'done' },
    ]);
    expect(before.usage).toHaveLength(2);
    expect(before.lanes).toEqual([{ queued: 0, running: 0 }]);

    stopped.child.kill('SIGCONT');
    await eventually(() => /taken over by another worker/.test(stopped.output()));
    // It is free again, and as good as any other.
    await other[Symbol.asyncDispose]();
    const third = await submit(stopped, { prompt: 'afterwards', ...SMALL });
    expect((await resultOf(stopped, third)).status).toBe('completed');
    await stopped[Symbol.asyncDispose]();

    const after = await everything(peek);
    const ofFirstTwo = ({ id, request_id }: { id: string; request_id?: string }) =>
      (request_id ?? id) !== third;
    expect({
      requests: after.requests.filter(ofFirstTwo),
      rounds: after.rounds.filter(ofFirstTwo),
      files: after.files.filter(ofFirstTwo),
      usage: after.usage.filter(ofFirstTwo),
    }).toEqual({
      requests: before.requests,
      rounds: before.rounds,
      files: before.files,
      usage: before.usage,
    });
    expect(after.lanes).toEqual([{ queued: 0, running: 0 }]);
    for (const { reserved } of after.spending) expect(reserved).toBe(0);
  });

  test('of a worker that is cut off from the database alone ends; another makes what is missing, and what comes late is refused', {
    timeout: 90_000,
  }, async ({ onTestFinished }) => {
    await using shared = await startSharedPostgres();
    const { peek } = shared;
    await using proxy = await startTcpProxy({ path: socketOf(shared.databaseUrl) });
    const routing = join(shared.dataDir, 'routing.json');
    // One picture after the other.
    await writeFile(routing, JSON.stringify({ backends: { sandbox: { concurrency: 1 } } }));
    const start = async (databaseUrl: string, command: string): Promise<ServerProcess> => {
      const env = { DATABASE_URL: databaseUrl, DARKROOM_ROUTING: routing };
      const server = await spawnServer(shared.dataDir, env, [command]);
      onTestFinished(() => void server.child.kill('SIGKILL'));
      return server;
    };
    // It migrates for all.
    await using cutOff = await start(`postgresql://darkroom@127.0.0.1:${proxy.port}/darkroom`, 'serve');
    const id = await submit(cutOff, {
      prompt: 'in two parts [[sandbox:slow=2500]]',
      num_images: 2,
      ...SMALL,
    });
    await eventually(async () => {
      const rounds = await peek.rows('select state from rounds where request_id = $1 order by index', [id]);
      return (
        rounds
          .map(({ state }) => state)
          .sort()
          .join() === 'done,pending'
      );
    });
    const first = await peek.rows("select * from rounds where state = 'done'");

    // No connection is broken: nothing passes any more, and nobody is told.
    proxy.hold();
    const cutAt = performance.now();
    await using other = await start(shared.databaseUrl, 'serve');
    await eventually(async () => (await peek.rows('select 1 from requests where attempts = 2')).length === 1);
    const seconds = (performance.now() - cutAt) / 1000;
    expect(seconds).toBeGreaterThan(10);
    expect(seconds).toBeLessThan(30);
    const result = await resultOf(other, id);
    expect(result).toMatchObject({ status: 'completed' });
    expect(result.output.images).toHaveLength(2);

    const before = await everything(peek);
    expect(before.rounds.map(({ attempts }) => attempts).sort()).toEqual([1, 2]);
    expect(before.rounds).toContainEqual(first[0]);
    // What it has said meanwhile arrives, as does what it says from now on.
    proxy.release();
    await eventually(() => /taken over by another worker/.test(cutOff.output()));
    const third = await submit(cutOff, { prompt: 'afterwards [[sandbox:blocked]]' });
    expect((await resultOf(cutOff, third)).error.code).toBe('content_blocked');
    const after = await everything(peek);
    for (const table of ['requests', 'rounds', 'files', 'usage'] as const)
      expect(after[table].filter((row) => (row.request_id ?? row.id) !== third)).toEqual(before[table]);
    expect(after.lanes).toEqual([{ queued: 0, running: 0 }]);
    for (const { reserved } of after.spending) expect(reserved).toBe(0);
  });

  test('is lost three times by workers that die: the request ends as worker_lost, the others go on', {
    timeout: 60_000,
  }, async ({ onTestFinished }) => {
    const dataDir = await temporaryFolder();
    let server = await spawnServer(dataDir);
    onTestFinished(async () => {
      server.child.kill('SIGKILL');
      await server.exited;
      await stopLeftPostgres(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    });
    const deadly = await submitEndless(server);
    const bystander = await submit(server, { prompt: 'in part [[sandbox:slow=60000]]', ...SMALL });
    for (let deaths = 1; deaths <= 3; deaths++) {
      await using peek = await peekInto(dataDir);
      await eventually(async () => {
        const { attempts, state } = await peek.row('select attempts, state from requests where id = $1', [
          deadly,
        ]);
        return state === 'running' && attempts === deaths;
      });
      // The bystander has been given back as often as it ran: it never counts as lost.
      await peek.rows('update requests set attempts = 0 where id = $1', [bystander]);
      server.child.kill('SIGKILL');
      await server.exited;
      server = await spawnServer(dataDir);
    }
    const result = await resultOf(server, deadly);
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'worker_lost', retryable: true },
      cost: 0,
    });
    await using peek = await peekInto(dataDir);
    expect(await peek.row('select outcome from usage where request_id = $1', [deadly])).toEqual({
      outcome: 'failed',
    });
    await eventually(async () => {
      const { state } = await peek.row('select state from requests where id = $1', [bystander]);
      return state === 'running';
    });
    expect(await peek.row('select queued, running from lanes')).toEqual({ queued: 0, running: 1 });
  });
});

test('a request that was lost too often keeps the images it has, and says what did not come', {
  timeout: 60_000,
}, async () => {
  await using shared = await startSharedPostgres();
  const { peek } = shared;
  const env = { DATABASE_URL: shared.databaseUrl };
  const start = async (): Promise<ServerProcess> => {
    const server = await spawnServer(shared.dataDir, env);
    onTestFinished(() => void server.child.kill('SIGKILL'));
    return server;
  };
  const id = await endHalfDone(peek, start, 'SIGKILL');
  const { done } = await peek.row('select done from requests where id = $1', [id]);
  // As if two more had died on it, and the last lease had ended.
  await peek.rows(
    "update requests set attempts = 3, lease_until = now() - interval '1 second' where id = $1 and state = 'running'",
    [id],
  );
  await using next = await start();
  const result = await resultOf(next, id);
  expect(result.status).toBe('completed');
  expect(result.files).toHaveLength(done);
  expect(result.warnings.map(({ error }: { error: { code: string } }) => error.code)).toEqual(
    Array.from({ length: 4 - done }, () => 'worker_lost'),
  );
  const { outputs, cost, spent, used } = await peek.row(
    `select u.outputs, u.cost, s.spent, (select sum(cost) from usage)::bigint as used
       from usage u join spending s on s.owner_id = u.account_id where u.request_id = $1`,
    [id],
  );
  expect(outputs).toBe(done);
  expect(cost).toBeGreaterThan(0);
  expect(spent).toBe(used);
});
