/** Accounts share the workers fairly, and everyone is told truthfully how many are ahead. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, resultOf, submit } from './support/api.ts';
import { eventually, type Peek, peekInto, type TestAccount } from './support/database.ts';
import {
  type ServerProcess,
  spawnServer,
  startTestServer,
  type TestServer,
  temporaryFolder,
} from './support/server.ts';

/** Submits `count` requests, `atOnce` at a time. @returns their ids, in the order of the answers. */
async function submitMany(
  on: Pick<TestServer, 'url' | 'key'>,
  count: number,
  input: Record<string, unknown>,
  atOnce = 64,
): Promise<string[]> {
  const ids: string[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: Math.min(atOnce, count) }, async () => {
      while (left-- > 0) ids.push(await submit(on, input));
    }),
  );
  return ids;
}

describe('an account with 10,000 queued requests', () => {
  /** All of the worker's places: without fairness nobody else would get one. */
  const MAX_RUNNING = 8;
  let dataDir: string;
  let server: ServerProcess;
  let db: Peek;
  let greedy: Pick<TestServer, 'url'> & TestAccount;
  beforeAll(async () => {
    dataDir = await temporaryFolder();
    server = await spawnServer(dataDir, {
      DARKROOM_CONCURRENCY: String(MAX_RUNNING),
      DARKROOM_MAX_RUNNING: String(MAX_RUNNING),
    });
    db = await peekInto(dataDir);
    // The most that ever ran of an account, written with every change: no sample could miss a moment.
    await db.rows('create table most_running (account_id uuid primary key, running integer not null)');
    await db.rows(`create function note_running() returns trigger language plpgsql as $$
      begin
        insert into most_running as m values (new.account_id, new.running)
        on conflict (account_id) do update set running = greatest(m.running, excluded.running);
        return null;
      end $$`);
    await db.rows(
      'create trigger note_running after insert or update on lanes for each row execute function note_running()',
    );
    greedy = await makeAccount(server, { name: 'greedy' });
    await submitMany(greedy, 10_000, { prompt: 'one of many [[sandbox:slow=50,blocked]]' });
  }, 120_000);
  afterAll(async () => {
    await db[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  });

  test("does not keep another's first one waiting", async () => {
    const { queued } = await db.row('select queued from lanes where account_id = $1', [greedy.accountId]);
    expect(queued).toBeGreaterThan(5000);
    const startedBefore: number[] = [];
    for (let newcomer = 0; newcomer < 10; newcomer++) {
      const account = await makeAccount(server, { name: `newcomer ${newcomer}` });
      const id = await submit(account, { prompt: 'the first of mine [[sandbox:blocked]]' });
      await resultOf(account, id);
      const { others } = await db.row(
        `select count(*)::int as others
           from requests o, requests mine
          where mine.id = $1 and o.account_id = $2 and o.started_at > mine.created_at and o.started_at < mine.started_at`,
        [id, greedy.accountId],
      );
      startedBefore.push(others);
    }
    // Not even all that one worker runs at once.
    expect(Math.max(...startedBefore)).toBeLessThanOrEqual(8);
  });

  test('leaves another its share, and no account ever has more running than its limit', async () => {
    const modest = await makeAccount(server, { name: 'modest', maxRunning: 3 });
    const ids = await submitMany(modest, 200, { prompt: 'one of mine [[sandbox:slow=50,blocked]]' });
    let samples = 0;
    for (let waiting = true; waiting; samples++) {
      // One statement, so one moment.
      const rows = await db.rows(
        `select l.account_id, l.queued, l.running,
                (select count(*)::int from requests r where r.account_id = l.account_id and r.state = 'running') as really_running,
                (select count(*)::int from requests r where r.account_id = l.account_id and r.state = 'queued') as really_queued
           from lanes l`,
      );
      for (const { queued, running, really_queued, really_running } of rows)
        expect({ queued, running }).toEqual({ queued: really_queued, running: really_running });
      waiting = rows.find(({ account_id }) => account_id === modest.accountId).queued > 0;
    }
    expect(samples).toBeGreaterThan(10);
    await Promise.all(ids.slice(-3).map((id) => resultOf(modest, id)));
    const most = new Map(
      (await db.rows('select account_id, running from most_running')).map((row) => [
        row.account_id,
        row.running,
      ]),
    );
    // The limits were met, not just never passed.
    expect(most.get(modest.accountId)).toBe(3);
    expect(most.get(greedy.accountId)).toBe(MAX_RUNNING);
    expect(await db.row('select deadlocks from pg_stat_database where datname = current_database()')).toEqual(
      {
        deadlocks: 0,
      },
    );
  });

  test('shares with another that has as many, turn by turn', async () => {
    const other = await makeAccount(server, { name: 'as greedy' });
    await submitMany(other, 200, { prompt: 'one of mine [[sandbox:slow=50,blocked]]' });
    const turns = await eventually(async () => {
      const rows = await db.rows<{ account_id: string; started: number }>(
        `select r.account_id, count(*)::int as started
           from requests r
          where r.started_at > (select max(created_at) from requests where account_id = $1) and r.account_id in ($1, $2)
          group by r.account_id`,
        [other.accountId, greedy.accountId],
      );
      const total = rows.reduce((sum, { started }) => sum + started, 0);
      return total >= 100 && rows;
    });
    const [more, fewer] = turns.map(({ started }) => started).sort((a, b) => b - a);
    expect(more! / fewer!).toBeLessThan(1.3);
  });
});

describe('queue_position', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ DARKROOM_CONCURRENCY: '1', DARKROOM_SHUTDOWN_GRACE: '0' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const positionsOf = (on: Pick<TestServer, 'url' | 'key'>, ids: string[]): Promise<(number | undefined)[]> =>
    Promise.all(ids.map(async (id) => (await call(on, `/v1/requests/${id}/status`)).body.queue_position));

  const cancel = async (on: Pick<TestServer, 'url' | 'key'>, ids: string[]): Promise<void> => {
    const answers = await Promise.all(
      ids.map((id) => call(on, `/v1/requests/${id}/cancel`, { method: 'POST' })),
    );
    for (const { body } of answers) expect(body.outcome).toBe('cancelled');
  };

  const upTo = (length: number): number[] => Array.from({ length }, (_, index) => index);

  test('is exact while requests come, are cancelled and are worked off', async () => {
    const busy = await submit(server, { prompt: 'holds the worker [[sandbox:slow=4000,blocked]]' });
    await eventually(
      async () => (await call(server, `/v1/requests/${busy}/status`)).body.status === 'in_progress',
    );

    let waiting: string[] = [];
    for (let index = 0; index < 50; index++)
      waiting.push(await submit(server, { prompt: `waits ${index} [[sandbox:slow=30,blocked]]` }));
    expect(await positionsOf(server, waiting)).toEqual(upTo(50));

    const without = async (indexes: number[]): Promise<void> => {
      await cancel(
        server,
        indexes.map((index) => waiting[index]!),
      );
      waiting = waiting.filter((_, index) => !indexes.includes(index));
      expect(await positionsOf(server, waiting)).toEqual(upTo(waiting.length));
    };
    await without([10, 11, 30]);
    await without([waiting.length - 1]);
    await without([0]);
    await without([5, 20, 21, 22, waiting.length - 2]);
    for (let index = 0; index < 3; index++)
      waiting.push(await submit(server, { prompt: `later ${index} [[sandbox:slow=30,blocked]]` }));
    expect(await positionsOf(server, waiting)).toEqual(upTo(43));

    // Now they are worked off one by one. Answers are of one moment each: whoever is read later is further ahead.
    await resultOf(server, busy);
    for (let read = 0; read < 10; read++) {
      const last = (await call(server, `/v1/requests/${waiting.at(-1)}/status`)).body.queue_position;
      const first = (await positionsOf(server, waiting)).find((position) => position !== undefined);
      expect(first).toBe(0);
      expect(last).toBeLessThan(43);
    }
    await resultOf(server, waiting.at(-1)!);
    expect(await positionsOf(server, waiting)).toEqual(waiting.map(() => undefined));

    // What was cancelled before no longer counts for who comes now.
    const again = await submit(server, { prompt: 'holds again [[sandbox:slow=1500,blocked]]' });
    await eventually(
      async () => (await call(server, `/v1/requests/${again}/status`)).body.status === 'in_progress',
    );
    const later = [
      await submit(server, { prompt: 'later [[sandbox:blocked]]' }),
      await submit(server, { prompt: 'later [[sandbox:blocked]]' }),
    ];
    expect(await positionsOf(server, later)).toEqual([0, 1]);
    await resultOf(server, later[1]!);
  });

  test("counts an account's own requests, and none that has started", async () => {
    const other = await makeAccount(server);
    const busy = await submit(server, { prompt: 'holds the worker [[sandbox:slow=800,blocked]]' });
    await eventually(
      async () => (await call(server, `/v1/requests/${busy}/status`)).body.status === 'in_progress',
    );
    const mine = await submit(server, { prompt: 'mine [[sandbox:blocked]]' });
    const theirs = [
      await submit(other, { prompt: 'theirs [[sandbox:blocked]]' }),
      await submit(other, { prompt: 'theirs [[sandbox:blocked]]' }),
    ];
    expect(await positionsOf(server, [busy, mine])).toEqual([undefined, 0]);
    expect(await positionsOf(other, theirs)).toEqual([0, 1]);
    await resultOf(other, theirs[1]!);
    await resultOf(server, mine);
  });

  test('stays exact over thousands of places with cancels from everywhere', { timeout: 60_000 }, async () => {
    const account = await makeAccount(server);
    const busy = await submit(account, { prompt: 'holds the worker [[sandbox:hang]]' });
    await eventually(
      async () => (await call(account, `/v1/requests/${busy}/status`)).body.status === 'in_progress',
    );
    // Submits at once may be answered in another order than they stand: the places say.
    const ids = await submitMany(account, 2500, { prompt: 'waits [[sandbox:blocked]]' });
    await using db = await peekInto(server.dataDir);
    const inOrder = async (): Promise<string[]> =>
      (
        await db.rows("select id from requests where id = any($1) and state = 'queued' order by place", [ids])
      ).map(({ id }) => id);
    expect(await positionsOf(account, await inOrder())).toEqual(upTo(2500));
    const queue = await inOrder();
    await cancel(
      account,
      queue.filter((_, index) => index % 7 === 3 || (index > 1000 && index < 1100)),
    );
    const left = await inOrder();
    expect(left.length).toBeLessThan(2200);
    expect(await positionsOf(account, left)).toEqual(upTo(left.length));
  });
});

describe('the bound on queued requests', () => {
  test('answers 429 with Retry-After past it, counts nothing it refused, and loses nothing it took', async () => {
    await using server = await startTestServer({ DARKROOM_CONCURRENCY: '1', DARKROOM_MAX_QUEUED: '20' });
    await using db = await peekInto(server.dataDir);
    const busy = await submit(server, { prompt: 'holds the worker [[sandbox:slow=1500,blocked]]' });
    await eventually(
      async () => (await call(server, `/v1/requests/${busy}/status`)).body.status === 'in_progress',
    );
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        call(server, '/v1/models/google/nano-banana-2/text-to-image', {
          json: { prompt: `${index} [[sandbox:blocked]]` },
          headers: index % 3 === 0 ? { 'idempotency-key': `bound ${index}` } : {},
        }),
      ),
    );
    const taken = answers.filter(({ status }) => status === 200).map(({ body }) => body.request_id);
    const refused = answers.filter(({ status }) => status === 429);
    expect(taken).toHaveLength(20);
    expect(refused).toHaveLength(40);
    for (const { body, headers } of refused) {
      expect(body.error_code).toBe(429001);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const counted = await db.row(
      `select l.queued, l.enqueued,
              (select count(*)::int from requests where state = 'queued') as really,
              (select count(*)::int from idempotency_keys i where not exists (select 1 from requests r where r.id = i.request_id)) as keys_of_none,
              (select count(distinct reserved)::int from spending) as amounts,
              (select sum(reserved)::int from requests where state in ('queued', 'running')) = (select max(reserved) from spending) as reserved_is_theirs
         from lanes l`,
    );
    expect(counted).toEqual({
      queued: 20,
      enqueued: 21,
      really: 20,
      keys_of_none: 0,
      amounts: 1,
      reserved_is_theirs: true,
    });
    for (const id of taken) expect((await resultOf(server, id)).error.code).toBe('content_blocked');
    expect(
      (
        await call(server, '/v1/models/google/nano-banana-2/text-to-image', {
          json: { prompt: 'room again' },
        })
      ).status,
    ).toBe(200);
    await eventually(async () => (await db.row('select queued + running as busy from lanes')).busy === 0);
    expect(await db.row('select enqueued - departed as between from lanes')).toEqual({ between: 0 });
  });
});
