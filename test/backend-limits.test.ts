/** Limits of a backend hold across processes; here two of them are two sets of slots on connections of their own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Identity } from '../src/accounts/authenticate.ts';
import { type Database, openDatabase } from '../src/db/database.ts';
import { createBackendSlots } from '../src/requests/backend-slots.ts';
import { type ClaimedRequest, claimRequest } from '../src/requests/claim.ts';
import { eventually } from './support/database.ts';
import { addIdentity, silent, startTestDatabase, type TestDatabase } from './support/test-database.ts';
import { openStage, POOL, type Stage } from './support/test-worker.ts';

let database: TestDatabase;
let stage: Stage;
let identity: Identity;
let other: Database;
let claimed: ClaimedRequest;
const never = new AbortController().signal;

beforeAll(async () => {
  database = await startTestDatabase();
  stage = await openStage(database);
  other = openDatabase(database.target, { maxConnections: 5, log: silent });
  identity = await addIdentity(database.db);
  await stage.submit(identity);
  claimed = (await claimRequest(database.db, POOL, crypto.randomUUID(), 60_000))!;
});
afterAll(async () => {
  await other.close();
  await stage[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test('no more calls run at once than the backend may get, over two processes', async () => {
  const limits = new Map([['narrow', { concurrency: 3 }]]);
  const processes = [createBackendSlots(database.db, limits), createBackendSlots(other, limits)];
  let running = 0;
  let most = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    running++;
    most = Math.max(most, running);
    await database.peek.rows('select pg_sleep(0.02)');
    running--;
    done++;
  };
  await Promise.all(
    Array.from({ length: 24 }, (_, index) => processes[index % 2]!.inSlot('narrow', claimed, never, work)),
  );
  expect(done).toBe(24);
  expect(most).toBe(3);
  expect(
    await database.peek.rows('select running from backend_limits where backend = $1', ['narrow']),
  ).toEqual([{ running: 0 }]);
});

test('no more calls start in a minute than the backend may get', async () => {
  const limits = new Map([['slow', { requestsPerMinute: 30 }]]);
  const slots = createBackendSlots(database.db, limits);
  const stop = new AbortController();
  let started = 0;
  const calls = Array.from({ length: 20 }, () =>
    slots.inSlot('slow', claimed, stop.signal, async () => void started++),
  );
  // Ten seconds' worth may start at once: 30 a minute are 5 in 10 s.
  await Promise.race([Promise.all(calls.slice(0, 20)), database.peek.rows('select pg_sleep(1)')]);
  stop.abort(new Error('enough'));
  await Promise.allSettled(calls);
  expect(started).toBe(5);
  await database.peek.rows(
    `update backend_limits set refilled_at = refilled_at - interval '4 seconds' where backend = 'slow'`,
  );
  await slots.inSlot('slow', claimed, AbortSignal.timeout(5000), async () => void started++);
  expect(started).toBe(6);
});

test('a slot whose process died is free again once its request is no longer held', async () => {
  const limits = new Map([['single', { concurrency: 1 }]]);
  const dead = createBackendSlots(other, limits);
  const taken = Promise.withResolvers<void>();
  const stop = new AbortController();
  void dead.inSlot('single', claimed, never, () => {
    taken.resolve();
    return new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  });
  await taken.promise;
  const living = createBackendSlots(database.db, limits);
  await living.reclaim();
  await expect(
    living.inSlot('single', claimed, AbortSignal.timeout(500), async () => 'in'),
  ).rejects.toThrow();
  await database.peek.rows(`update requests set lease = gen_random_uuid() where id = $1`, [claimed.id]);
  await living.reclaim();
  expect(await living.inSlot('single', claimed, AbortSignal.timeout(5000), async () => 'in')).toBe('in');
  // What the dead one says later must not free a slot twice.
  stop.abort();
  await expect
    .poll(() => database.peek.rows('select running from backend_limits where backend = $1', ['single']))
    .toEqual([{ running: 0 }]);
});

test('a slot that was taken although the answer was lost is not taken twice, even if it is the only one', async () => {
  const limits = new Map([['alone', { concurrency: 1 }]]);
  let lost = 0;
  const losing: Database = {
    ...database.db,
    async row(statement, values) {
      const row = await database.db.row(statement, values);
      if (statement.name !== 'take_backend_slot' || lost++ > 0) return row;
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    },
  };
  const slots = createBackendSlots(losing, limits);
  expect(await slots.inSlot('alone', claimed, never, async () => 'done')).toBe('done');
  expect(lost).toBe(2);
  expect(await runningOf('alone')).toBe(0);
});

test('a slot whose taking is still under way when it is tried again is taken once', async () => {
  const limits = new Map([['held', { concurrency: 2 }]]);
  let first: Promise<unknown> | undefined;
  const { promise: locked, resolve: lock } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const losing: Database = {
    ...database.db,
    async row(statement, values) {
      if (statement.name !== 'take_backend_slot') return database.db.row(statement, values);
      if (!first) {
        first = other.transaction(async (tx) => {
          await tx.row(statement, values);
          lock();
          await released;
        });
        await locked;
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      }
      const second = database.db.row(statement, values);
      await eventually(
        async () =>
          (await database.peek.row('select count(*)::int as n from pg_locks where not granted')).n > 0,
      );
      release();
      return second;
    },
  };
  const slots = createBackendSlots(losing, limits);
  expect(await slots.inSlot('held', claimed, never, () => runningOf('held'))).toBe(1);
  await first;
  expect(await runningOf('held')).toBe(0);
});

const runningOf = async (backend: string): Promise<number> =>
  (await database.peek.row('select running from backend_limits where backend = $1', [backend])).running;
