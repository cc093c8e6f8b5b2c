/** When a call is made again, and how much later. */
import { APIError, ConnectionError } from './errors.ts';

/**
 * `always`: doing it twice is as doing it once. `refused`: only when it was surely not done, because it would be done twice.
 */
export type Repeat = 'always' | 'refused';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8_000;
/** A server that asks for more is not waited for: the caller decides. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the call that ended in `error` may be made again. */
function mayRepeat(error: unknown, repeat: Repeat): boolean {
  if (error instanceof ConnectionError) return repeat === 'always' || neverSent(error.cause);
  if (!(error instanceof APIError) || (error.retryAfter ?? 0) > LONGEST_RETRY_AFTER_SECONDS) return false;
  return repeat === 'always' ? TRANSIENT.has(error.status) : error.status === 429;
}

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** No connection came about, so that nobody has seen the call. Only Node tells. */
export function neverSent(cause: unknown): boolean {
  const {
    code,
    cause: deeper,
    errors,
  } = (cause ?? {}) as { code?: string; cause?: unknown; errors?: unknown[] };
  if (code !== undefined && NEVER_SENT.has(code)) return true;
  if (errors && errors.length > 0) return errors.every(neverSent);
  return deeper !== undefined && neverSent(deeper);
}

/** Milliseconds until try number `attempt` (from 1): what the server asked for, or twice as long each time, less a random part. */
export function retryDelayMs(error: unknown, attempt: number, random: () => number = Math.random): number {
  const asked = error instanceof APIError ? error.retryAfter : undefined;
  const backOff = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  // Those who were refused together are not to come back together.
  return asked === undefined ? backOff * (0.5 + random() / 2) : asked * 1000 + random() * 250;
}

/** The tries of one call. */
export class Tries {
  /** Since the last success. */
  failures = 0;
  #failingSince = 0;
  readonly #maxRetries: number;
  readonly #patienceMs: number;

  constructor(maxRetries: number, patienceMs = 0) {
    this.#maxRetries = maxRetries;
    this.#patienceMs = maxRetries > 0 ? patienceMs : 0;
  }

  succeeded(): void {
    this.failures = 0;
  }

  /** @returns milliseconds until the next try; undefined when there is to be none. */
  delayAfter(error: unknown, repeat: Repeat): number | undefined {
    if (this.failures++ === 0) this.#failingSince = Date.now();
    const patient = Date.now() - this.#failingSince < this.#patienceMs;
    if (!mayRepeat(error, repeat) || (this.failures > this.#maxRetries && !patient)) return undefined;
    return retryDelayMs(error, this.failures);
  }
}

/** Seconds of a `Retry-After`, which is a number or a date. */
export function readRetryAfter(value: string | null, now: number = Date.now()): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
