/** One call over HTTP: made again where that is safe, its answer read, its errors named. */
import { limit, sleep } from './abort.ts';
import { readError, readJson, reasonOf } from './answers.ts';
import { APIError, ConnectionError, DarkroomError, NotFoundError } from './errors.ts';
import { type DarkroomOptions, readOptions, type Settings } from './options.ts';
import { type Repeat, retryDelayMs, Tries } from './retry.ts';

/** What every call takes. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the base URL. */
  path: string;
  query?: Record<string, string | number | boolean | Date | undefined> | undefined;
  json?: unknown;
  /** Instead of `json`; made anew for each try. */
  body?: () => { body: NonNullable<RequestInit['body']>; headers?: Record<string, string> };
  headers?: Record<string, string | undefined>;
  signal?: AbortSignal | undefined;
  /** Of one try, until all of its answer is there. */
  timeoutMs?: number;
  /** So long an answer is still waited for once `signal` is aborted. */
  graceMs?: number;
  /** `always` unless told. */
  repeat?: Repeat;
  /** So long it is tried again at least, however often that is. */
  patienceMs?: number;
  /** In place of the client's own. */
  fetch?: typeof fetch | undefined;
}

const TIMEOUT_MS = 60_000;

export class Transport {
  readonly settings: Settings;
  /** Set when the server turned out not to send events, or something on the way to hold them back. */
  eventsUnknown: boolean;

  constructor(options: DarkroomOptions) {
    this.settings = readOptions(options);
    this.eventsUnknown = !this.settings.isDarkroom;
  }

  /** @returns the answer's JSON, or undefined where it has none. */
  async json<Answer>(call: Call): Promise<Answer> {
    return (await this.#repeatedly(call, (response) => readJson(response))) as Answer;
  }

  /** A call whose answer is read as it comes. `signal` ends that too. */
  stream(call: Call & { signal: AbortSignal }): Promise<Response> {
    return this.#attempt(call, call.signal, async (response) => response);
  }

  async #repeatedly<Answer>(call: Call, read: (response: Response) => Promise<Answer>): Promise<Answer> {
    const { repeat = 'always', signal } = call;
    const tries = new Tries(this.settings.maxRetries, call.patienceMs);
    let inFlight = 0;
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await this.#timed(call, read);
      } catch (error) {
        signal?.throwIfAborted();
        // The first try has done it, and its answer was lost.
        if (call.method === 'DELETE' && tries.failures > 0 && error instanceof NotFoundError)
          return undefined as Answer;
        const delayMs =
          isInFlight(call, error) && inFlight++ < MOST_IN_FLIGHT
            ? retryDelayMs(error, 1)
            : tries.delayAfter(error, repeat);
        if (delayMs === undefined) throw error;
        await sleep(delayMs, signal);
      }
    }
  }

  async #timed<Answer>(call: Call, read: (response: Response) => Promise<Answer>): Promise<Answer> {
    const tooLate = () => new ConnectionError('The server did not answer in time.');
    const timed = limit(call.signal, call.timeoutMs ?? TIMEOUT_MS, tooLate, call.graceMs);
    try {
      return await this.#attempt(call, timed.signal, read);
    } finally {
      timed.release();
    }
  }

  async #attempt<Answer>(
    call: Call,
    signal: AbortSignal,
    read: (response: Response) => Promise<Answer>,
  ): Promise<Answer> {
    const { settings } = this;
    const key = await settings.apiKey();
    const { body, headers: bodyHeaders } = bodyOf(call);
    const init = {
      method: call.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: headersOf(
        { accept: 'application/json' },
        settings.headers,
        { authorization: key === null ? undefined : `Bearer ${key}` },
        bodyHeaders,
        call.headers,
      ),
      signal,
      // Followed, a submit would become a GET, and own headers would go to whoever it leads to.
      redirect: 'manual',
      ...(body !== undefined && { body }),
      // What a stream as a body asks for.
      ...(typeof body === 'object' && 'getReader' in body && { duplex: 'half' }),
    };
    try {
      const response = await (call.fetch ?? settings.fetch)(
        settings.baseUrl + call.path + queryOf(call.query),
        init as RequestInit,
      );
      if (!response.ok) throw await readError(response);
      return await read(response);
    } catch (error) {
      if (error instanceof APIError) throw error;
      if (signal.aborted) throw signal.reason;
      throw new ConnectionError(`No answer from ${settings.baseUrl || 'the server'}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** The same submit is being accepted elsewhere: its answer is worth waiting for. */
const MOST_IN_FLIGHT = 60;
const isInFlight = (call: Call, error: unknown): boolean =>
  call.headers?.['idempotency-key'] !== undefined && error instanceof APIError && error.status === 409;

function bodyOf(call: Call): { body?: NonNullable<RequestInit['body']>; headers?: Record<string, string> } {
  if (call.body) return call.body();
  if (call.json === undefined) return {};
  return { body: JSON.stringify(call.json), headers: { 'content-type': 'application/json' } };
}

/** Later ones win, whatever the case of their names. */
function headersOf(...all: (Record<string, string | undefined> | undefined)[]): Headers {
  const headers = new Headers();
  for (const some of all)
    for (const [name, value] of Object.entries(some ?? {}))
      if (value !== undefined) headers.set(name, sendable(name, value));
  return headers;
}

/** What would refuse it otherwise shows the value, which may be a key. */
function sendable(name: string, value: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
    throw new DarkroomError(`The header ${name} has characters that cannot be sent.`);
  return value;
}

function queryOf(query: Call['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]) => [name, textOf(value)] as [string, string]))}`;
}

const textOf = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value));
