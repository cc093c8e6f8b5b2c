import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { Outcome } from './attempt.ts';
import { type Health, noteOutcome } from './receiver-health.ts';

const statements: string[] = [];
const db = {
  rows: async ({ name }: { name: string }) => void statements.push(name),
  row: async ({ name }: { name: string }) => {
    statements.push(name);
    return { failing_seconds: 10, id: 'x' };
  },
};
const context = { db: db as never, log: pino({ level: 'silent' }) };
const receiver = { id: 'x', account_id: 'x', webhook_id: 'x', failures: 0 };
const outcome = (verdict: Outcome['verdict'], change: Partial<Outcome> = {}): Outcome => ({
  verdict,
  at: new Date(),
  durationMs: 1,
  status: null,
  error: null,
  excerpt: null,
  retryAfterSeconds: undefined,
  ...change,
});

let health: Health;
beforeEach(() => {
  statements.length = 0;
  health = { failures: 0, failedAtMs: 0, atOnce: 1, pauseSeconds: 0 };
});
const note = (verdict: Outcome['verdict'], change?: Partial<Outcome>) =>
  noteOutcome(context, receiver, health, outcome(verdict, change));

test('a receiver is given twice as much with each delivery it takes, and one thing after a failure', async () => {
  const given: number[] = [];
  for (let index = 0; index < 6; index++) {
    await note('delivered');
    given.push(health.atOnce);
  }
  expect(given).toEqual([2, 4, 8, 16, 16, 16]);
  expect(statements).toEqual([]);
  await note('again');
  expect(health).toMatchObject({ atOnce: 1, failures: 1, pauseSeconds: 0 });
  await note('delivered');
  expect(health).toMatchObject({ atOnce: 2, failures: 0 });
  expect(statements).toEqual(['note_receiver_failure', 'note_receiver_success']);
});

test('what was under way together fails as one: a broken connection is not sixteen failures', async () => {
  const at = new Date(Date.now() - 100);
  for (let index = 0; index < 16; index++) await note('again', { at });
  expect(health).toMatchObject({ failures: 1, pauseSeconds: 0 });
  const later = () => new Date(health.failedAtMs + 1);
  for (let index = 0; index < 3; index++) await note('again', { at: later() });
  expect(health).toMatchObject({ failures: 4, pauseSeconds: 2 });
});

test('429 and 503 say how long to wait, other answers only of their event', async () => {
  await note('again', { status: 500, retryAfterSeconds: 60 });
  expect(health.pauseSeconds).toBe(0);
  await note('again', { status: 503, retryAfterSeconds: 60 });
  expect(health.pauseSeconds).toBe(60);
});

test('what went wrong on our side says nothing of the receiver', async () => {
  await note('unsent');
  expect(health).toMatchObject({ failures: 0, pauseSeconds: 5 });
  expect(statements).toEqual([]);
});

test('410 disables at once, and what waits is given up without a pause', async () => {
  await note('gone', { status: 410 });
  expect(statements).toEqual(['note_receiver_failure', 'disable_webhook']);
  expect(health.pauseSeconds).toBe(0);
});
