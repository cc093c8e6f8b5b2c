/** What a setting is, and the forms that values of several have. */
import { parseDuration, parseInteger } from './parse.ts';

export interface Setting<Value> {
  name: string;
  /** Throws an `Error` whose message says what the value must be. */
  parse(text: string): Value;
  fallback: Value;
  description: string;
  /** Hidden wherever it is printed. */
  secret?: boolean;
}

export const setting = <Value>(
  name: string,
  fallback: Value,
  parse: (text: string) => Value,
  description: string,
  secret = false,
): Setting<Value> => ({
  name,
  fallback,
  parse,
  description,
  secret,
});

export const text = (value: string): string => value;
export const oneOf =
  <Word extends string>(...words: Word[]) =>
  (value: string): Word => {
    if (!words.includes(value as Word)) throw new Error(`must be one of ${words.join(', ')}`);
    return value as Word;
  };
/** Up to what timers can count to: past it they fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
export const duration =
  (minimumMs: number, maximumMs = LONGEST_TIMER_MS) =>
  (value: string): number => {
    const ms = parseDuration(value);
    if (ms < minimumMs) throw new Error('must be longer');
    if (ms > maximumMs) throw new Error(`must be at most ${Math.floor(maximumMs / 3_600_000)}h`);
    return ms;
  };
export const DAY_MS = 86_400_000;
/** Of what no timer waits for. */
export const longDuration = (minimumMs: number) => duration(minimumMs, 365 * DAY_MS);
export const integer = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) => parseInteger(minimum, maximum);
