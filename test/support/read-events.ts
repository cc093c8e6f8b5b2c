/** Server-sent events as a client reads them, by a parser that is not ours. */
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { expect } from 'vitest';
import type { CallOptions } from './api.ts';
import type { TestServer } from './server.ts';

export interface ReceivedEvent {
  id: string;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data whose shape is what they test.
  data: any;
}

export interface EventReader extends AsyncDisposable {
  headers: Headers;
  /** What has come besides events. */
  seen: { retryMs: number | undefined; comments: number; brokenOff: boolean };
  /** Undefined at the end, also one that was broken off. */
  next(): Promise<ReceivedEvent | undefined>;
  /** Up to and with the first event for which `isLast` holds; without one, up to the end. */
  until(isLast: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent[]>;
  /** Up to the end. */
  rest(): Promise<ReceivedEvent[]>;
}

/** Opens a stream; disposing of the reader cuts the connection. @throws when the answer is no stream. */
export async function readEvents(
  server: Pick<TestServer, 'url' | 'key'>,
  path: string,
  { headers, key = server.key }: Pick<CallOptions, 'headers' | 'key'> = {},
): Promise<EventReader> {
  const cut = new AbortController();
  const response = await fetch(server.url + path, {
    headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...headers },
    signal: cut.signal,
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
  ]);
  const seen: EventReader['seen'] = { retryMs: undefined, comments: 0, brokenOff: false };
  const reader = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(
      new EventSourceParserStream({
        onError: 'terminate',
        onRetry: (ms) => {
          seen.retryMs = ms;
        },
        onComment: () => {
          seen.comments++;
        },
      }),
    )
    .getReader();
  const next = async (): Promise<ReceivedEvent | undefined> => {
    const { value } = await reader.read().catch(() => {
      seen.brokenOff = true;
      return { value: undefined };
    });
    return value && { id: value.id!, event: value.event!, data: JSON.parse(value.data) };
  };
  const until = async (isLast: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent[]> => {
    const events: ReceivedEvent[] = [];
    for (let event = await next(); event; event = await next()) {
      events.push(event);
      if (isLast(event)) break;
    }
    return events;
  };
  return {
    headers: response.headers,
    seen,
    next,
    until,
    rest: () => until(() => false),
    async [Symbol.asyncDispose]() {
      cut.abort();
    },
  };
}
