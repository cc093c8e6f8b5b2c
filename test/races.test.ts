/** Two who want the same request: one of them gets it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, resultOf, submit } from './support/api.ts';
import { eventually, type Peek, peekInto } from './support/database.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let db: Peek;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_CONCURRENCY: '1' });
  db = await peekInto(server.dataDir);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const CHEAP = { prompt: 'a race [[sandbox:blocked]]' };

const cancel = (id: string, on: Pick<TestServer, 'url' | 'key'> = server) =>
  call(on, `/v1/requests/${id}/cancel`, { method: 'POST' });

const untilIdle = () =>
  eventually(async () => {
    const { busy } = await db.row('select coalesce(sum(queued + running), 0)::int as busy from lanes');
    return busy === 0;
  });

describe('a cancel and a claim', () => {
  test('have one winner in each of a hundred races', { timeout: 60_000 }, async () => {
    const races: { id: string; outcome: string }[] = [];
    // The cancel comes earlier after each race it lost and later after each it won, so that all of them are close.
    for (let delayMs = 5; races.length < 100; ) {
      const ahead = await submit(server, { prompt: 'ahead [[sandbox:slow=5,blocked]]' });
      const id = await submit(server, CHEAP);
      if (delayMs > 0) await sleep(delayMs);
      const { status, body } = await cancel(id);
      expect(status).toBe(202);
      races.push({ id, outcome: body.outcome });
      delayMs = Math.max(0, delayMs + (body.outcome === 'cancelled' ? 1 : -1) * (0.5 + Math.random()));
      await resultOf(server, ahead);
    }
    await untilIdle();

    const cancelled = races.filter(({ outcome }) => outcome === 'cancelled').map(({ id }) => id);
    const ran = races.filter(({ outcome }) => outcome === 'not_cancellable').map(({ id }) => id);
    expect(cancelled.length + ran.length).toBe(100);
    // Else nobody raced.
    expect(Math.min(cancelled.length, ran.length)).toBeGreaterThanOrEqual(10);

    const ofCancelled = await db.row(
      `select count(*)::int as requests, count(*) filter (where state = 'cancelled')::int as cancelled,
              count(started_at)::int as started, sum(attempts)::int as attempts,
              (select count(*)::int from rounds where request_id = any($1)) as rounds,
              (select count(*)::int from usage where request_id = any($1) and outcome = 'cancelled') as usage
         from requests where id = any($1)`,
      [cancelled],
    );
    const { length } = cancelled;
    expect(ofCancelled).toEqual({
      requests: length,
      cancelled: length,
      started: 0,
      attempts: 0,
      rounds: 0,
      usage: length,
    });
    const ofRan = await db.row(
      `select count(*)::int as requests, count(*) filter (where state = 'failed')::int as failed,
              sum(attempts)::int as attempts,
              (select count(*)::int from rounds where request_id = any($1)) as rounds,
              (select count(*)::int from usage where request_id = any($1) and outcome = 'failed') as usage
         from requests where id = any($1)`,
      [ran],
    );
    expect(ofRan).toEqual({
      requests: ran.length,
      failed: ran.length,
      attempts: ran.length,
      rounds: ran.length,
      usage: ran.length,
    });
    expect(await db.row('select queued, running, enqueued - departed as between from lanes')).toEqual({
      queued: 0,
      running: 0,
      between: 0,
    });
    const { reserved } = await db.row('select sum(reserved)::int as reserved from spending');
    expect(reserved).toBe(0);
  });

  test('that a hundred cancels meet while the queue drains leave every request ended once', async () => {
    const ids = await Promise.all(Array.from({ length: 100 }, () => submit(server, CHEAP)));
    const answers = await Promise.all(ids.map(async (id) => ({ id, ...(await cancel(id)).body })));
    await untilIdle();
    const rows = await db.rows<{ id: string; state: string; started: boolean; usage: number }>(
      `select id, state, started_at is not null as started,
              (select count(*)::int from usage where request_id = id) as usage
         from requests where id = any($1)`,
      [ids],
    );
    for (const { id, outcome } of answers) {
      const won = outcome === 'cancelled';
      expect(rows.find((row) => row.id === id)).toEqual({
        id,
        state: won ? 'cancelled' : 'failed',
        started: !won,
        usage: 1,
      });
    }
  });
});

describe('a cancel', () => {
  test('that is repeated, even at once, answers cancelled each time and counts once', async () => {
    const ahead = await submit(server, { prompt: 'ahead [[sandbox:slow=300,blocked]]' });
    const id = await submit(server, CHEAP);
    const answers = await Promise.all([cancel(id), cancel(id), cancel(id)]);
    answers.push(await cancel(id));
    for (const { status, body } of answers) {
      expect(status).toBe(202);
      expect(body).toEqual({ request_id: id, status: 'cancelled', outcome: 'cancelled' });
    }
    expect(await db.row('select queued from lanes')).toEqual({ queued: 0 });
    expect(await db.rows('select outcome from usage where request_id = $1', [id])).toEqual([
      { outcome: 'cancelled' },
    ]);
    await resultOf(server, ahead);
  });

  test('of one that runs or has ended changes nothing', async () => {
    const id = await submit(server, { prompt: 'runs [[sandbox:slow=200]]', resolution: '0.5K' });
    await eventually(
      async () => (await db.row('select state from requests where id = $1', [id])).state === 'running',
    );
    expect((await cancel(id)).body).toEqual({
      request_id: id,
      status: 'in_progress',
      outcome: 'not_cancellable',
    });
    expect((await resultOf(server, id)).status).toBe('completed');
    expect((await cancel(id)).body).toEqual({
      request_id: id,
      status: 'completed',
      outcome: 'not_cancellable',
    });
    expect((await call(server, `/v1/requests/${id}/result`)).body.output.image).toMatch(/^http/);
  });

  test("of another account's request finds none, and leaves it alone", async () => {
    const stranger = await makeAccount(server);
    const ahead = await submit(server, { prompt: 'ahead [[sandbox:slow=300,blocked]]' });
    const id = await submit(server, CHEAP);
    expect(await cancel(id, stranger)).toMatchObject({ status: 404, body: { error_code: 404001 } });
    expect((await resultOf(server, id)).error.code).toBe('content_blocked');
    await resultOf(server, ahead);
  });
});
