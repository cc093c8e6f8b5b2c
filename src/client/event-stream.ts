/** Events of the server that go on after a broken connection. */
import { limit, sleep } from './abort.ts';
import { APIError, ConnectionError, RateLimitError } from './errors.ts';
import { Tries } from './retry.ts';
import { readEvents, type ServerSentEvent } from './server-sent-events.ts';
import type { Call, Transport } from './transport.ts';

/** Three times what passes between the signs of life that the server sends. */
const SILENCE_MS = 45_000;

/** There are no events to be had here. */
export class NoEvents extends Error {
  /** Whether that stays so: the server does not send them, or something on the way holds them back. */
  readonly forGood: boolean;

  constructor(forGood: boolean) {
    super('There are no events.');
    this.forGood = forGood;
  }
}

export interface StreamOptions {
  path: string;
  query?: Call['query'] | undefined;
  /** The id after which to go on. */
  after?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Where there is another way: it is taken when no event comes within this time, or the account has as many streams as it may. */
  otherwiseAfterMs?: number | undefined;
  /** How long the server may stay away. */
  patienceMs: number;
}

/**
 * The events at `path`, connecting again whenever the stream ends, until the reader stops.
 * @throws {NoEvents} when there is no such stream; the error of the last try when the server stays away.
 */
export async function* streamEvents(
  transport: Transport,
  { patienceMs, after, ...options }: StreamOptions,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const tries = new Tries(transport.settings.maxRetries, patienceMs);
  const { signal } = options;
  let lastId = after;
  for (;;) {
    let reconnectMs = 0;
    try {
      const stream = readOnce(transport, { ...options, after: lastId });
      for await (const event of stream) {
        tries.succeeded();
        lastId = event.id ?? lastId;
        reconnectMs = event.retryMs ?? reconnectMs;
        yield event;
      }
      // The server restarts, or wants its clients to spread over its processes.
      throw new ConnectionError('The stream of events ended.');
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof NoEvents) throw error;
      const delayMs = tries.delayAfter(error, 'always');
      if (delayMs === undefined) throw error;
      await sleep(Math.max(reconnectMs, delayMs), signal);
    }
  }
}

/** The events of one connection. */
async function* readOnce(
  transport: Transport,
  { path, query, after, signal, otherwiseAfterMs }: Omit<StreamOptions, 'patienceMs'>,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const silence = limit(signal, SILENCE_MS, () => new ConnectionError('The server has fallen silent.'));
  const first = limit(silence.signal, otherwiseAfterMs, () => new NoEvents(true));
  try {
    const headers = { accept: 'text/event-stream', 'last-event-id': after };
    const response = await transport.stream({ path, query, headers, signal: first.signal });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
      await response.body?.cancel();
      throw new NoEvents(true);
    }
    for await (const event of readEvents(response.body, silence.restart)) {
      first.pause();
      // What the reader does with it is not the server's silence.
      silence.pause();
      yield event;
      silence.restart();
    }
  } catch (error) {
    if (error instanceof APIError && UNKNOWN.has(error.status)) throw new NoEvents(true);
    if (otherwiseAfterMs !== undefined && error instanceof RateLimitError) throw new NoEvents(false);
    if (first.signal.aborted) throw first.signal.reason;
    if (error instanceof APIError || error instanceof NoEvents) throw error;
    throw new ConnectionError('The stream of events broke off.', { cause: error });
  } finally {
    first.release();
    silence.release();
  }
}

/** No such path, or one that does not do this. A request that is not there says the same, which the next call will tell. */
const UNKNOWN = new Set([400, 404, 405, 406, 501]);
