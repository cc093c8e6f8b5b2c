import { expect, test } from 'vitest';
import { shared } from './shared.ts';

test('callers at the same time share one piece of work', async () => {
  let calls = 0;
  const ask = shared(async () => ++calls, 0);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
});

test('a result serves for a while after its end, then the work is done again', async () => {
  let nowMs = 0;
  let calls = 0;
  const ask = shared(
    async () => ++calls,
    500,
    () => nowMs,
  );
  expect(await ask()).toBe(1);
  nowMs = 499;
  expect(await ask()).toBe(1);
  nowMs = 500;
  expect(await ask()).toBe(2);
});

test('a failure is shared like a result, and tried again after it', async () => {
  let nowMs = 0;
  let calls = 0;
  const ask = shared(
    async () => {
      if (++calls === 1) throw new Error('not yet');
      return calls;
    },
    500,
    () => nowMs,
  );
  await expect(Promise.all([ask(), ask()])).rejects.toThrow('not yet');
  nowMs = 500;
  expect(await ask()).toBe(2);
});
