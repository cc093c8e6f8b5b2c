import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Notifications } from '../db/notifications.ts';
import { createStatusMemory } from './status-memory.ts';
import type { Status } from './status-row.ts';

function openMemory(options: { alone?: boolean; maxEntries?: number } = {}) {
  const emitter = new EventEmitter();
  const notifications: Notifications = {
    publish: (topic, ids) => void emitter.emit(topic, ids),
    subscribe(topic, listener) {
      emitter.on(topic, listener);
      return () => emitter.off(topic, listener);
    },
    async [Symbol.asyncDispose]() {},
  };
  const clock = { nowMs: 0 };
  const memory = createStatusMemory(notifications, { alone: true, ...options, now: () => clock.nowMs });
  const read = (...rows: Status[]): void => {
    using reading = memory.expect();
    reading.keep(rows);
  };
  return { memory, read, clock, emitter, changed: (id: string) => notifications.publish('requests', [id]) };
}

const row = (id: string, change: Partial<Status> = {}): Status => ({
  id,
  account_id: 'an account',
  state: 'running',
  started_at: 'then',
  done: 0,
  version: 1,
  ahead: null,
  details: '',
  ...change,
});
const queued = (id: string, ahead: number): Status => row(id, { state: 'queued', started_at: null, ahead });

test('what was read is known until it changes', () => {
  const { memory, read, changed } = openMemory();
  read(row('a'), row('b'));
  expect(memory.get('a')).toEqual(row('a'));
  changed('a');
  expect(memory.get('a')).toBeUndefined();
  expect(memory.get('b')).toEqual(row('b'));
});

test('what changes while it is read is not kept', () => {
  const { memory, changed } = openMemory();
  using first = memory.expect();
  changed('a');
  using second = memory.expect();
  first.keep([row('a'), row('b')]);
  expect(memory.get('a')).toBeUndefined();
  expect(memory.get('b')).toEqual(row('b'));
  second.keep([row('a', { version: 2 })]);
  expect(memory.get('a')?.version).toBe(2);
});

test('a position holds until any request moves, even one that moved while it was read', () => {
  const { memory, read, changed } = openMemory();
  read(queued('a', 1), row('running'));
  expect(memory.get('a')?.ahead).toBe(1);
  changed('another');
  expect(memory.get('a')).toBeUndefined();
  expect(memory.get('running')).toBeDefined();
  using reading = memory.expect();
  changed('another');
  reading.keep([queued('a', 0)]);
  expect(memory.get('a')).toBeUndefined();
});

test('what may still change is read again after ten seconds, what has ended is not', () => {
  const { memory, read, clock } = openMemory();
  read(row('a'), row('ended', { state: 'completed' }));
  clock.nowMs = 9_999;
  expect(memory.get('a')).toBeDefined();
  clock.nowMs = 10_000;
  expect(memory.get('a')).toBeUndefined();
  expect(memory.get('ended')).toBeDefined();
});

test('where others change requests too, only what has ended is known, for ten seconds or until it is told', () => {
  const { memory, read, changed, clock } = openMemory({ alone: false });
  const ended = (id: string): Status => row(id, { state: 'completed' });
  read(row('running'), queued('queued', 0), ended('a'), ended('b'));
  const known = (): (string | undefined)[] => ['running', 'queued', 'a', 'b'].map((id) => memory.get(id)?.id);
  expect(known()).toEqual([undefined, undefined, 'a', 'b']);
  changed('a');
  expect(known()).toEqual([undefined, undefined, undefined, 'b']);
  clock.nowMs = 10_000;
  expect(known()).toEqual([undefined, undefined, undefined, undefined]);
});

test('after the connection for notifications was lost nothing is known, nor what was being read', () => {
  const { memory, read, emitter } = openMemory();
  read(row('a', { state: 'failed' }));
  using reading = memory.expect();
  emitter.emit('reconnected', []);
  reading.keep([row('b')]);
  expect([memory.get('a'), memory.get('b')]).toEqual([undefined, undefined]);
});

test('it holds no more than it may, and forgets what it has known longest', () => {
  const { memory, read } = openMemory({ maxEntries: 2 });
  read(row('a'), row('b'), row('c'));
  expect(['a', 'b', 'c'].map((id) => memory.get(id)?.id)).toEqual([undefined, 'b', 'c']);
});

test('a read that failed leaves nothing behind', () => {
  const { memory, read, changed } = openMemory();
  {
    using _ = memory.expect();
  }
  changed('a');
  read(row('a'));
  expect(memory.get('a')).toBeDefined();
});
