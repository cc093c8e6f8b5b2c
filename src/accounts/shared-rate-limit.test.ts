import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addIdentity,
  silent,
  startTestDatabase,
  type TestDatabase,
} from '../../test/support/test-database.ts';
import { openDatabase } from '../db/database.ts';
import { createSharedRateLimit } from './shared-rate-limit.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** So that the minute does not end within a test. */
async function earlyInAMinute(): Promise<void> {
  await database.peek.rows(
    `select pg_sleep(case when extract(second from now()) > 50 then 60.1 - extract(second from now()) else 0 end)`,
  );
}

test.each([7, 60, 250, 6000])(
  '%i calls a minute are that many over all processes, not one more',
  async (limit) => {
    await earlyInAMinute();
    await using other = openDatabase(database.target, { maxConnections: 5, log: silent });
    const identity = await addIdentity(database.db);
    const processes = [database.db, other, database.db].map((db) => createSharedRateLimit(db, limit));
    const calls = await Promise.allSettled(
      Array.from({ length: limit + 500 }, (_, call) => processes[call % 3]!(identity)),
    );
    const given = calls.filter(({ status }) => status === 'fulfilled').length;
    expect(given).toBeLessThanOrEqual(limit);
    // What a process has taken and not given out is lost to the others until the minute is over.
    expect(given).toBeGreaterThan(limit - 3 * Math.ceil(limit / 100));
    const refused = calls.find((call) => call.status === 'rejected')!.reason;
    expect(refused).toMatchObject({ status: 429 });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  },
  90_000,
);

test('the next minute begins anew, and says how many are left', async () => {
  await earlyInAMinute();
  const identity = await addIdentity(database.db);
  const limit = createSharedRateLimit(database.db, 2);
  expect((await limit(identity))['ratelimit-remaining']).toBe('1');
  expect((await limit(identity))['ratelimit-remaining']).toBe('0');
  await expect(limit(identity)).rejects.toMatchObject({ status: 429 });
  await database.peek.rows("update key_rates set minute = minute - interval '1 minute' where key_id = $1", [
    identity.keyId,
  ]);
  expect((await createSharedRateLimit(database.db, 2)(identity))['ratelimit-remaining']).toBe('1');
});

test('a limit of its own comes before the general one, and none is none', async () => {
  await earlyInAMinute();
  const identity = await addIdentity(database.db);
  const limit = createSharedRateLimit(database.db, 0);
  expect(await limit(identity)).toEqual({});
  expect(await limit({ ...identity, requestsPerMinute: 5 })).toMatchObject({ 'ratelimit-limit': '5' });
});
