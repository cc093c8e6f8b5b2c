/** One attempt: posts what is signed and judges the answer. */
import { InputError } from '../files/input-error.ts';
import type { SafeFetch } from '../files/safe-fetch.ts';
import { readRetryAfter } from './back-off.ts';

export interface Outcome {
  /** `again`: it was not taken. `gone`: the receiver wants nothing more. `unsent`: it did not get that far. */
  verdict: 'delivered' | 'again' | 'gone' | 'unsent';
  /** When it began. */
  at: Date;
  durationMs: number;
  /** Of the answer; null: there was none. */
  status: number | null;
  /** Why it was not delivered, for the account: as it follows on the receiver's name. */
  error: string | null;
  /** How the answer began. */
  excerpt: string | null;
  /** The receiver asked for so much time. */
  retryAfterSeconds: number | undefined;
}

/** Receivers are given this long to answer. */
const ATTEMPT_TIMEOUT_MS = 15_000;
const EXCERPT_BYTES = 512;
const GONE = 410;

export interface Message {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** @throws the signal's reason: then nothing is known of it. */
export async function attempt(
  post: SafeFetch['post'],
  { url, headers, body }: Message,
  signal: AbortSignal,
  timeoutMs: number = ATTEMPT_TIMEOUT_MS,
): Promise<Outcome> {
  const at = new Date();
  const startedMs = performance.now();
  const end = (outcome: Partial<Outcome> & Pick<Outcome, 'verdict'>): Outcome => ({
    at,
    durationMs: Math.round(performance.now() - startedMs),
    status: null,
    error: null,
    excerpt: null,
    retryAfterSeconds: undefined,
    ...outcome,
  });
  try {
    const { status, bytes, retryAfter } = await post(url, {
      body,
      headers: { 'content-type': 'application/json', ...headers },
      maxBytes: EXCERPT_BYTES,
      timeoutMs,
      signal,
    });
    if (status >= 200 && status < 300) return end({ verdict: 'delivered', status });
    return end({
      verdict: status === GONE ? 'gone' : 'again',
      status,
      error: `answered ${status}${status >= 300 && status < 400 ? ', and redirects are not followed' : ''}`,
      excerpt: readable(bytes),
      retryAfterSeconds: readRetryAfter(retryAfter, Date.now()),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof InputError)) throw error;
    return end({ verdict: 'again', error: error.message });
  }
}

/** What a terminal and the database can take of it; null where there is nothing to read. */
function readable(bytes: Buffer): string | null {
  const text = bytes
    .toString('utf8')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
  return text === '' ? null : text;
}
