import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limit, sleep } from './abort.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const late = new Error('too late');

test('a sleep ends in its time, and leaves its signal as it was', async () => {
  const { signal } = new AbortController();
  const slept = sleep(1000, signal);
  await vi.advanceTimersByTimeAsync(1000);
  await slept;
  expect(listeners(signal)).toBe(0);
});

test('a sleep that is aborted ends at once with the reason', async () => {
  const controller = new AbortController();
  const slept = sleep(1000, controller.signal).catch((error) => error);
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await slept).toBe(reason);
  await expect(sleep(1000, controller.signal)).rejects.toBe(reason);
});

test('a limit is reached once its time has passed without a restart', () => {
  const limited = limit(undefined, 1000, () => late);
  vi.advanceTimersByTime(900);
  limited.restart();
  vi.advanceTimersByTime(900);
  limited.pause();
  vi.advanceTimersByTime(9000);
  expect(limited.signal.aborted).toBe(false);
  limited.restart();
  vi.advanceTimersByTime(1000);
  expect(limited.signal.reason).toBe(late);
});

test('a limit follows the signal around it, at once or after a grace', () => {
  const controller = new AbortController();
  const strict = limit(controller.signal, undefined, () => late);
  const kind = limit(controller.signal, 60_000, () => late, 5000);
  const reason = new Error('enough');
  controller.abort(reason);
  expect(strict.signal.reason).toBe(reason);
  vi.advanceTimersByTime(4999);
  expect(kind.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(kind.signal.reason).toBe(reason);
  expect(limit(controller.signal, undefined, () => late).signal.reason).toBe(reason);
  for (const each of [strict, kind]) each.release();
});

test('a limit that is released leaves nothing behind', () => {
  const controller = new AbortController();
  const limited = limit(controller.signal, 1000, () => late, 5000);
  expect(listeners(controller.signal)).toBe(1);
  limited.release();
  expect(listeners(controller.signal)).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(limited.signal.aborted).toBe(false);
});

test('a signal that many share has one listener, which tells them all', () => {
  const controller = new AbortController();
  const limits = Array.from({ length: 50 }, () => limit(controller.signal, undefined, () => late));
  expect(listeners(controller.signal)).toBe(1);
  limits.pop()!.release();
  controller.abort();
  expect(limits.every(({ signal }) => signal.aborted)).toBe(true);
  for (const each of limits) each.release();
  expect(listeners(controller.signal)).toBe(0);
});
