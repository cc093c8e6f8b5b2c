/** Limits hold for all processes together: fifty of them ask at one moment, each on a connection of its own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey } from '../src/accounts/keys.ts';
import type { Scope } from '../src/accounts/scopes.ts';
import { cancelRequest } from '../src/requests/cancel.ts';
import { claimRequest } from '../src/requests/claim.ts';
import { type Fleet, startFleet } from './support/fleet.ts';
import { addIdentity, startTestDatabase, type TestDatabase } from './support/test-database.ts';
import { openStage, type Stage } from './support/test-worker.ts';

const PROCESSES = 50;
const USD = 1_000_000;

let database: TestDatabase;
let stage: Stage;
let fleet: Fleet;
beforeAll(async () => {
  database = await startTestDatabase(4);
  stage = await openStage(database);
  fleet = await startFleet(database.target, PROCESSES);
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** Of all processes together. */
function total(answers: Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const answer of answers)
    for (const [status, count] of Object.entries(answer)) sums[status] = (sums[status] ?? 0) + count;
  return sums;
}

const spending = (ownerId: string): Promise<{ reserved: number; spent: number }> =>
  database.peek.row('select reserved, spent from spending where owner_id = $1', [ownerId]);

test('a key with one dollar gets as many requests as a dollar pays for, and not one more', async () => {
  const identity = await addIdentity(database.db, { keyBudget: USD });
  // 0.03 USD each: 33 fit, 200 are asked for.
  const order = { identity, pool: 'dollar', reserve: 30_000 };
  const answers = await fleet.perform<Record<string, number>>(() => ({ kind: 'submit', times: 4, ...order }));
  expect(total(answers)).toEqual({ 200: 33, 402: 167 });
  expect(await spending(identity.keyId)).toEqual({ reserved: 990_000, spent: 0 });
  // One is given back, and there is room for one.
  const [row] = await database.peek.rows('select id from requests where key_id = $1 limit 1', [
    identity.keyId,
  ]);
  await cancelRequest(database.db, stage.notifications, identity.accountId, row.id);
  const again = await fleet.perform<Record<string, number>>(() => ({ kind: 'submit', times: 1, ...order }));
  expect(total(again)).toEqual({ 200: 1, 402: PROCESSES - 1 });
  expect(await spending(identity.keyId)).toEqual({ reserved: 990_000, spent: 0 });
});

test("an account's budget holds for all its keys together, each of which may spend more", async () => {
  const first = await addIdentity(database.db, { keyBudget: USD, monthlyBudget: USD });
  const { accountId } = first;
  const key = { accountId, name: 'another', scopes: ['admin'] as Scope[], monthlyBudget: USD };
  const second = { ...first, keyId: (await createKey(database.db, key)).row.id };
  const answers = await fleet.perform<Record<string, number>>((member) => ({
    kind: 'submit',
    times: 2,
    identity: member % 2 ? first : second,
    pool: `account ${member % 3}`,
    reserve: 30_000,
  }));
  expect(total(answers)).toEqual({ 200: 33, 402: 67 });
  expect(await spending(accountId)).toEqual({ reserved: 990_000, spent: 0 });
  const [one, other] = await Promise.all([spending(first.keyId), spending(second.keyId)]);
  expect(one.reserved + other.reserved).toBe(990_000);
});

test('no more requests of an account wait than may, in all its pools together', async () => {
  const identity = await addIdentity(database.db, { maxQueued: 70 });
  const answers = await fleet.perform<Record<string, number>>((member) => ({
    kind: 'submit',
    times: 3,
    identity,
    pool: `wide ${member % 3}`,
    reserve: 0,
  }));
  expect(total(answers)).toEqual({ 200: 70, 429: 80 });
  const { queued } = await database.peek.row(
    'select sum(queued)::int as queued from lanes where account_id = $1',
    [identity.accountId],
  );
  expect(queued).toBe(70);
});

test('no more requests of an account run than may, whoever claims', async () => {
  const identity = await addIdentity(database.db, { maxRunning: 7 });
  await Promise.all(Array.from({ length: 60 }, () => stage.submit(identity, { pool: 'claimed' })));
  const claims = await fleet.perform<number>(() => ({ kind: 'claim', pool: 'claimed' }));
  expect(claims.reduce((sum, count) => sum + count)).toBe(7);
  expect(
    await database.peek.rows(
      "select count(*)::int as running from requests where state = 'running' and account_id = $1",
      [identity.accountId],
    ),
  ).toEqual([{ running: 7 }]);
});

test('a key gets as many calls a minute as it may', async () => {
  const perMinute = 300;
  for (;;) {
    const identity = await addIdentity(database.db);
    const minuteOfClock = () => database.peek.row("select date_trunc('minute', clock_timestamp()) as minute");
    const before = await minuteOfClock();
    // Processes take three at a time, of which none is to be left over.
    const calls = await fleet.perform<number>(() => ({ kind: 'call', times: 21, perMinute, identity }));
    // In the next one it may make as many again.
    if ((await minuteOfClock()).minute !== before.minute) continue;
    expect(calls.reduce((sum, count) => sum + count)).toBe(perMinute);
    break;
  }
});

test('a backend gets no more calls at once than it may', async () => {
  const identity = await addIdentity(database.db);
  await stage.submit(identity, { pool: 'slots' });
  const claimed = (await claimRequest(database.db, 'slots', crypto.randomUUID(), 60_000))!;
  await database.peek.rows('create unlogged table inside (call uuid)');
  const most = await fleet.perform<number>(() => ({
    kind: 'use backend',
    backend: 'narrow',
    limits: { concurrency: 3 },
    claimed,
    patienceMs: 60_000,
  }));
  expect(most).toHaveLength(PROCESSES);
  expect(Math.max(...most)).toBeLessThanOrEqual(3);
  expect(await database.peek.rows("select running from backend_limits where backend = 'narrow'")).toEqual([
    { running: 0 },
  ]);
});

test('no more calls of a backend start than it may get in a minute', async () => {
  const identity = await addIdentity(database.db);
  await stage.submit(identity, { pool: 'rates' });
  const claimed = (await claimRequest(database.db, 'rates', crypto.randomUUID(), 60_000))!;
  const startedAt = performance.now();
  const started = await fleet.perform<number>(() => ({
    kind: 'use backend',
    backend: 'slow',
    limits: { requestsPerMinute: 60 },
    claimed,
    patienceMs: 400,
  }));
  const seconds = (performance.now() - startedAt) / 1000;
  const calls = started.filter((inside) => inside > 0).length;
  // Ten seconds' worth at once, and one each second.
  expect(calls).toBeGreaterThanOrEqual(10);
  expect(calls).toBeLessThanOrEqual(10 + Math.ceil(seconds));
});

test('a process that is suspended in the middle of a submit keeps others from submitting for seconds only', async () => {
  const identity = await addIdentity(database.db);
  await fleet.freeze(0, { kind: 'stand still', identity, pool: 'held', reserve: 500 });
  const heldAt = performance.now();
  await stage.submit(identity, { pool: 'held', reserve: 30 });
  expect(performance.now() - heldAt).toBeLessThan(9000);
  // Of what it had begun nothing is left.
  expect(await spending(identity.accountId)).toEqual({ reserved: 30, spent: 0 });
});
