/** Following with everything around it played: what is told, when something happens in between, and what it costs. */
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { createFollowing, type Followed } from './follow.ts';
import type { Outcome } from './read-result.ts';
import type { Status } from './status-row.ts';

const ID = '0199f0c2-0000-7000-8000-000000000000';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A database with one request, in which reads wait until they are let through. */
function play() {
  const emitter = new EventEmitter();
  const notifications = {
    publish: (topic: string, ids: string[]) => emitter.emit(topic, ids),
    subscribe: (topic: string, listener: (ids: string[]) => void) => {
      emitter.on(topic, listener);
      return () => emitter.off(topic, listener);
    },
  } as unknown as Notifications;
  const world = {
    row: { id: ID, state: 'running', version: 1, done: 0, ahead: null } as Status | undefined,
    reads: 0,
    comparisons: 0,
    /** Resolves when a read may answer. */
    gate: Promise.resolve(),
    failing: false,
  };
  const db = {
    rows: async (_: unknown, [ids, versions]: [string[], number[]]) => {
      world.comparisons++;
      const now = world.row;
      return ids
        .map((id) => ({ id, version: now?.version ?? null, ahead: now?.ahead ?? null }))
        .filter(({ version, ahead }, index) => version !== versions[index] || ahead !== null);
    },
  } as unknown as Database;
  const following = createFollowing({
    db,
    notifications,
    log: pino({ level: 'silent' }),
    async readStatus() {
      world.reads++;
      if (world.failing) throw new Error('the database is away');
      const row = world.row && { ...world.row };
      await world.gate;
      return row;
    },
    readOutcome: async () =>
      world.row && ({ id: ID, done: world.row.done, outputs: [] } as unknown as Outcome),
  });
  const told: (Followed | undefined)[] = [];
  const change = (row: Partial<Status>): void => {
    world.row = { ...world.row!, version: world.row!.version + 1, ...row };
    notifications.publish('requests', [ID]);
  };
  const follow = () => following.follow(ID, (now) => void told.push(now));
  return {
    world,
    following,
    follow,
    told,
    change,
    notifications,
    versions: () => told.map((now) => now?.status.version),
  };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

test('what changes while it is read is read again, and told in order', async () => {
  const { world, follow, change, versions } = play();
  const { promise, resolve } = Promise.withResolvers<void>();
  world.gate = promise;
  const reading = follow().read();
  change({});
  change({});
  expect(world.reads).toBe(1);
  resolve();
  await reading;
  await settled();
  expect(versions()).toEqual([1, 3]);
  expect(world.reads).toBe(2);
});

test('a state that was read before is not told again, nor one that is older', async () => {
  const { follow, change, versions, notifications, world } = play();
  await follow().read();
  notifications.publish('requests', [ID]);
  await settled();
  change({ version: 5 });
  await settled();
  world.row!.version = 4;
  notifications.publish('requests', [ID]);
  await settled();
  expect(versions()).toEqual([1, 5]);
});

test('an outcome comes with the first output and is read again with the next', async () => {
  const { follow, change, told } = play();
  await follow().read();
  change({ done: 1 });
  await settled();
  change({ details: '"progress":0.5' });
  await settled();
  change({ done: 2 });
  await settled();
  expect(told.map((now) => now?.outcome?.done)).toEqual([undefined, 1, 1, 2]);
});

test('a request that is removed is told as gone', async () => {
  const { world, follow, told, notifications } = play();
  const follower = follow();
  await follower.read();
  world.row = undefined;
  notifications.publish('requests', [ID]);
  await settled();
  expect([told.at(-1), follower.now]).toEqual([undefined, undefined]);
});

test('a read that failed is made good by a later look', async () => {
  const { world, follow, change, versions } = play();
  await follow().read();
  world.failing = true;
  change({});
  await settled();
  expect(versions()).toEqual([1]);
  world.failing = false;
  await vi.advanceTimersByTimeAsync(6000);
  expect(versions()).toEqual([1, 2]);
});

test('one that fails at the first read says so, and is followed no more', async () => {
  const { world, follow } = play();
  world.failing = true;
  const follower = follow();
  await expect(follower.read()).rejects.toThrow('the database is away');
  follower[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
});

test('positions are looked at once a second while something moves, for all with one query', async () => {
  const { world, follow, told, change, notifications } = play();
  world.row = { ...world.row!, state: 'queued', ahead: 3 };
  const followers = Array.from({ length: 100 }, follow);
  await Promise.all(followers.map((follower) => follower.read()));
  told.length = 0;
  const { comparisons } = world;
  world.row.ahead = 1;
  for (let moves = 0; moves < 50; moves++) notifications.publish('requests', ['another']);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(told.map((now) => now?.status.ahead)).toEqual(Array(100).fill(1));
  expect(world.comparisons).toBe(comparisons + 1);
  change({ state: 'running', ahead: null });
  await settled();
  expect(told.at(-1)?.status.state).toBe('running');
});

test('nothing is asked of the database while nothing moves, but for a look from time to time', async () => {
  const { world, follow, following } = play();
  const followers = Array.from({ length: 100 }, follow);
  await Promise.all(followers.map((follower) => follower.read()));
  const { reads } = world;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(world.reads).toBe(reads);
  expect(world.comparisons).toBeLessThanOrEqual(12);
  expect(vi.getTimerCount()).toBe(1);
  for (const follower of followers) follower[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
  following[Symbol.dispose]();
});

test('whoever is about to stop waits until what was announced is told', async () => {
  const { world, following, follow, told, change } = play();
  await follow().read();
  const gate = Promise.withResolvers<void>();
  world.gate = gate.promise;
  change({ state: 'completed' });
  let over = false;
  const caughtUp = following.caughtUp().then(() => {
    over = true;
  });
  await settled();
  expect(over).toBe(false);
  gate.resolve();
  await caughtUp;
  expect(told.at(-1)!.status.state).toBe('completed');
});
