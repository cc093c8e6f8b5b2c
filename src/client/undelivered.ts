/** Requests that may have been made and paid for although nobody has got their result. */
import { APIError, RequestCancelledError, RequestFailedError } from './errors.ts';

/** A place for one request: whoever submits with it again gets the same request again. */
export interface Ticket {
  readonly idempotencyKey: string;
  /** Where the files of its input were uploaded to: submitted with others, it would not be the same. */
  uploads?: string[];
  /** Once it is submitted. */
  requestId?: string;
  /** To be set by whoever goes away without a result, though not with an error: the ticket is left for the next one. */
  left?: boolean;
}

/** The server knows an idempotency key for a day; who comes back later than this does not come back. */
const KEPT_MS = 3_600_000;
const MOST_KEPT = 1000;

/**
 * A call whose answer is lost gets made again, by a library or by a model that does not know better. The second one then goes on with
 * the request of the first, which nobody has got, rather than pay for another. Two that want the same at once have one each.
 */
export class Undelivered {
  readonly #now: () => number;
  readonly #kept: { ticket: Ticket; wanted: string; untilMs: number }[] = [];

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Runs `work` with the ticket of a request for the same that nobody got, or a new one. It stays for the next who wants the same when
   * `work` throws and the request has not ended, when `signal` is aborted, or when `work` says so.
   * @param wanted all that makes it the same
   */
  async once<Result>(
    wanted: readonly (string | Uint8Array)[],
    work: (ticket: Ticket) => Promise<Result>,
    signal?: AbortSignal | undefined,
  ): Promise<Result> {
    const fingerprint = await fingerprintOf(wanted);
    for (;;) {
      const found = this.#take(fingerprint);
      const ticket: Ticket = found ?? { idempotencyKey: newKey() };
      let isKept = false;
      const keep = (): void => {
        if (!isKept) this.#keep(ticket, fingerprint);
        isKept = true;
      };
      // At once: the next one may come before `work` has put everything away.
      signal?.addEventListener('abort', keep, { once: true });
      try {
        const result = await work(ticket);
        if (ticket.left) keep();
        return result;
      } catch (error) {
        if (found && isGone(error)) continue;
        const wasNeverTaken = !found && ticket.requestId === undefined && isRefusal(error);
        if (!wasNeverTaken && !isEnd(error)) keep();
        throw error;
      } finally {
        signal?.removeEventListener('abort', keep);
      }
    }
  }

  /** Somebody got the result by another way. */
  delivered(requestId: string): void {
    const at = this.#kept.findIndex(({ ticket }) => ticket.requestId === requestId);
    if (at >= 0) this.#kept.splice(at, 1);
  }

  #take(fingerprint: string): Ticket | undefined {
    const now = this.#now();
    while (this.#kept[0] && this.#kept[0].untilMs <= now) this.#kept.shift();
    const at = this.#kept.findIndex(({ wanted }) => wanted === fingerprint);
    return at < 0 ? undefined : this.#kept.splice(at, 1)[0]!.ticket;
  }

  #keep({ left: _, ...ticket }: Ticket, wanted: string): void {
    this.#kept.push({ ticket, wanted, untilMs: this.#now() + KEPT_MS });
    if (this.#kept.length > MOST_KEPT) this.#kept.shift();
  }
}

/** It ended, and this is how: there is nothing more to get. */
const isEnd = (error: unknown): boolean =>
  error instanceof RequestFailedError || error instanceof RequestCancelledError;

/** Nothing was submitted, for certain. */
const isRefusal = (error: unknown): boolean =>
  error instanceof APIError && error.status < 500 && error.status !== 408 && error.status !== 409;

/** What was left is of no use: withdrawn or deleted meanwhile, or the server takes it for something else. */
const isGone = (error: unknown): boolean =>
  error instanceof RequestCancelledError ||
  (error instanceof APIError && (error.status === 404 || error.status === 422));

async function fingerprintOf(parts: readonly (string | Uint8Array)[]): Promise<string> {
  const digests = await Promise.all(
    parts.map((part) =>
      crypto.subtle.digest(
        'SHA-256',
        typeof part === 'string' ? new TextEncoder().encode(part) : (part as Uint8Array<ArrayBuffer>),
      ),
    ),
  );
  return digests.map((digest) => hex(new Uint8Array(digest))).join(' ');
}

const newKey = (): string => `once-${hex(crypto.getRandomValues(new Uint8Array(20)))}`;

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
