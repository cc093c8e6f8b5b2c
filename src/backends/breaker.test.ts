import { describe, expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';

function breakerAt(): {
  breaker: ReturnType<typeof createBreaker>;
  pass(ms: number): void;
  fail(times: number): void;
} {
  let nowMs = 1_000_000;
  const breaker = createBreaker(() => nowMs);
  return {
    breaker,
    pass: (ms) => {
      nowMs += ms;
    },
    fail: (times) => {
      for (let index = 0; index < times; index++) {
        breaker.enter();
        breaker.leave(true);
      }
    },
  };
}

describe('a circuit breaker', () => {
  test('stays closed while failures are few, and forgets them with a success', () => {
    const { breaker, fail } = breakerAt();
    fail(4);
    breaker.leave(false);
    fail(4);
    expect(breaker.state()).toBe('closed');
    expect(breaker.enter()).toBe(true);
  });

  test('opens after five failures in a row and lets nothing through', () => {
    const { breaker, fail } = breakerAt();
    fail(5);
    expect(breaker.state()).toBe('open');
    expect(breaker.enter()).toBe(false);
    expect(breaker.retryInMs()).toBe(10_000);
  });

  test('lets a single call through after its time, and closes when that succeeds', () => {
    const { breaker, fail, pass } = breakerAt();
    fail(5);
    pass(10_000);
    expect(breaker.state()).toBe('half_open');
    expect(breaker.enter()).toBe(true);
    expect(breaker.enter()).toBe(false);
    breaker.leave(false);
    expect(breaker.state()).toBe('closed');
    expect(breaker.enter()).toBe(true);
  });

  test('opens again for twice as long when that call fails', () => {
    const { breaker, fail, pass } = breakerAt();
    fail(5);
    pass(10_000);
    breaker.enter();
    breaker.leave(true);
    expect(breaker.state()).toBe('open');
    expect(breaker.retryInMs()).toBe(20_000);
  });

  test('lets the next one see when the call that was to see was broken off', () => {
    const { breaker, fail, pass } = breakerAt();
    fail(5);
    pass(10_000);
    breaker.enter();
    breaker.leave(undefined);
    expect(breaker.enter()).toBe(true);
  });

  test('is not opened longer by calls that were under way when it opened', () => {
    const { breaker, fail } = breakerAt();
    fail(5);
    breaker.leave(true);
    breaker.leave(true);
    expect(breaker.retryInMs()).toBe(10_000);
  });
});
