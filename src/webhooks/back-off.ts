/** When to try again. */

const FIRST_SECONDS = 5;
const FACTOR = 4;
const LONGEST_SECONDS = 4 * 3600;
const JITTER = 0.25;

/**
 * 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, then every 4 hours; each a quarter shorter or longer at random, so that what
 * failed together does not come back together.
 * @param tries attempts so far
 * @param random 0..1
 */
export function backOffSeconds(tries: number, random: () => number = Math.random): number {
  const seconds = Math.min(LONGEST_SECONDS, FIRST_SECONDS * FACTOR ** (tries - 1));
  return seconds * (1 - JITTER + 2 * JITTER * random());
}

/** Failures in a row that are taken as those of single events. */
const BEFORE_PAUSE = 3;
const LONGEST_PAUSE_SECONDS = 120;

/**
 * How long a receiver is left alone after so many failures in a row: 1 s, 2 s, 4 s … 2 min. What waits for it need not
 * each find out that it is gone; and once it is back it is noticed soon.
 */
export const pauseSeconds = (failures: number): number =>
  failures < BEFORE_PAUSE ? 0 : Math.min(LONGEST_PAUSE_SECONDS, 2 ** (failures - BEFORE_PAUSE));

/** Nothing is tried for longer. */
const LONGEST_WAIT_SECONDS = 24 * 3600;

/** Seconds by a `Retry-After` header, which is a number of them or a date; undefined where it is neither. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - nowMs) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(LONGEST_WAIT_SECONDS, Math.max(0, seconds));
}
