/** Hundreds of event streams on one server: what they cost the database does not grow with their number. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, submit } from './support/api.ts';
import { type Peek, peekInto } from './support/database.ts';
import { type EventReader, readEvents } from './support/read-events.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const LISTENERS = 500;
/** As many requests as one query reads. */
const BATCH = 256;

let server: TestServer;
let peek: Peek;
let account: Pick<TestServer, 'url' | 'key'>;
let ids: string[];
let readers: EventReader[];
/** Statements that the server has run, by their names. */
const ran = new Map<string, number>();
/** How often each ran during `work`. */
async function statementsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
  ran.clear();
  await work();
  return Object.fromEntries(ran);
}

beforeAll(async () => {
  const query = pg.Client.prototype.query as (...values: unknown[]) => unknown;
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...values: unknown[]) {
    const { name } = (values[0] ?? {}) as { name?: string };
    if (name) ran.set(name, (ran.get(name) ?? 0) + 1);
    return query.apply(this, values);
  } as never);
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  peek = await peekInto(server.dataDir);
  // One runs without end, so that all of them wait.
  account = await makeAccount(server, { maxRunning: 1 });
  await submitEndless(account);
  ids = await Promise.all(Array.from({ length: LISTENERS }, () => submit(account, { prompt: 'waits' })));
  readers = await Promise.all(ids.map((id) => readEvents(account, `/v1/requests/${id}/events`)));
  await Promise.all(readers.map((reader) => reader.next()));
}, 60_000);
afterAll(async () => {
  vi.restoreAllMocks();
  await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
  await peek[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const untilAllHear = () => Promise.all(readers.map((reader) => reader.next()));

test('a place further for all of them is one query', async () => {
  const last = ids.length - 1;
  const first = readers.shift()!;
  const ran = await statementsOf(async () => {
    await call(account, `/v1/requests/${ids.shift()}/cancel`, { method: 'POST' });
    const events = await untilAllHear();
    const positions = events.map((event) => event?.data.queue_position).toSorted((a, b) => a - b);
    expect(positions).toEqual(Array.from({ length: last }, (_, index) => index));
  });
  expect((await first.rest()).map(({ event }) => event)).toEqual(['status', 'end']);
  // The one that was cancelled is read by itself; twice, if the look that comes from time to time falls in between.
  expect(ran.read_status).toBeLessThanOrEqual(2);
  expect(ran.read_outcomes).toBeLessThanOrEqual(2);
  expect(ran.read_changes).toBeLessThanOrEqual(2);
});

test('a change of all of them is read together', async () => {
  const ran = await statementsOf(async () => {
    await peek.rows('update requests set warnings = $2, version = version + 1 where id = any($1)', [
      ids,
      JSON.stringify([{ message: 'changed' }]),
    ]);
    for (let at = 0; at < ids.length; at += 200)
      await peek.rows("select pg_notify('darkroom', $1)", [
        `test requests ${ids.slice(at, at + 200).join(',')}`,
      ]);
    for (const event of await untilAllHear()) expect(event?.data.warnings).toEqual([{ message: 'changed' }]);
  });
  // For each of three notifications, and for a look that may fall in between.
  expect(ran.read_status).toBeLessThanOrEqual(3 + Math.ceil(LISTENERS / BATCH));
  expect(ran.read_outcomes).toBeUndefined();
});

test('several listeners of one request are one read', async () => {
  const id = ids[0]!;
  const more = await Promise.all(
    Array.from({ length: 50 }, () => readEvents(account, `/v1/requests/${id}/events`)),
  );
  await Promise.all(more.map((reader) => reader.next()));
  const ran = await statementsOf(async () => {
    await peek.rows('update requests set warnings = null, version = version + 1 where id = $1', [id]);
    await peek.rows("select pg_notify('darkroom', $1)", [`test requests ${id}`]);
    for (const reader of [...more, readers[0]!])
      expect((await reader.next())?.data).not.toHaveProperty('warnings');
  });
  expect(ran.read_status).toBeLessThanOrEqual(2);
  await Promise.all(more.map((reader) => reader[Symbol.asyncDispose]()));
});
