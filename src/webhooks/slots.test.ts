import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSlots, type Slot } from './slots.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const forever = new AbortController().signal;

test('so many are quick at once, and those who wait come in their order', async () => {
  const slots = createSlots({ quick: 2, waiting: 10, quickMs: 1000 });
  const taken: number[] = [];
  const held: Slot[] = [];
  for (let index = 0; index < 4; index++)
    void slots.take(forever).then((slot) => {
      taken.push(index);
      held.push(slot);
    });
  await vi.advanceTimersByTimeAsync(0);
  expect(taken).toEqual([0, 1]);
  expect(slots.free).toBe(0);
  held[0]![Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(0);
  expect(taken).toEqual([0, 1, 2]);
});

test('what takes longer than a second makes room, up to a bound', async () => {
  const slots = createSlots({ quick: 2, waiting: 3, quickMs: 1000 });
  const held = [await slots.take(forever), await slots.take(forever)];
  await vi.advanceTimersByTimeAsync(1000);
  expect(slots.free).toBe(2);
  held.push(await slots.take(forever), await slots.take(forever));
  await vi.advanceTimersByTimeAsync(1000);
  // Four wait, of five in all.
  expect(slots.free).toBe(1);
  held.push(await slots.take(forever));
  expect(slots.free).toBe(0);
  for (const slot of held) slot[Symbol.dispose]();
  expect(slots.free).toBe(2);
});

test('who no longer wants one leaves the line', async () => {
  const slots = createSlots({ quick: 1, waiting: 0, quickMs: 1000 });
  const first = await slots.take(forever);
  const leaving = new AbortController();
  const refused = slots.take(leaving.signal);
  const next = slots.take(forever);
  leaving.abort(new Error('it stops'));
  await expect(refused).rejects.toThrow('it stops');
  await expect(slots.take(leaving.signal)).rejects.toThrow('it stops');
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  expect(slots.free).toBe(1);
});
