/** One answer as server-sent events (text/event-stream). `event-streams.ts` opens them and looks after all of them. */
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Identity } from '../accounts/authenticate.ts';

export interface StreamEvent {
  /** What a client that comes back sends as `Last-Event-ID`: visible ASCII. */
  id: string;
  event: string;
  /** JSON: one line. */
  data: string;
}

export interface StreamHooks {
  /** The stream is over, whoever ended it: told once, and never before `open` has returned. */
  closed(): void;
  /** A reader that was behind has caught up. */
  drained?(): void;
}

/** Past this a source has not looked at `behind`. */
const MAX_WAITING_BYTES = 2 ** 20;
/** Each client waits another while before it comes back: those of a process that ended do not all come at once. */
const RETRY_FROM_MS = 1000;
const RETRY_SPREAD_MS = 2000;

/** A class, since there are thousands: its methods are made once. */
export class EventStream {
  readonly identity: Identity;
  readonly openedAtMs = performance.now();
  readonly #answer: ServerResponse;
  readonly #hooks: StreamHooks;
  #ended = false;
  /** When the reader took something last. */
  #movedAtMs = performance.now();
  #sentSinceBeat = true;

  /** Begins the answer. */
  constructor(identity: Identity, reply: FastifyReply, hooks: StreamHooks) {
    this.identity = identity;
    this.#answer = startAnswer(reply);
    this.#hooks = hooks;
    this.#answer.on('drain', () => {
      this.#movedAtMs = performance.now();
      if (!this.#ended) hooks.drained?.();
    });
  }

  /** The reader has not taken what was sent: what can be left out should be, the rest waits for `drained`. */
  get behind(): boolean {
    return this.#answer.writableNeedDrain;
  }

  /** After the end nothing is sent any more. */
  send({ id, event, data }: StreamEvent): void {
    this.#write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
  }

  /** A comment, where nothing else has shown since the last beat that the connection is alive. */
  beat(): void {
    if (!this.#sentSinceBeat) this.#write(':\n\n');
    this.#sentSinceBeat = false;
  }

  /**
   * Ends after what was sent; the client comes back by itself, unless it has seen the end of what it follows.
   * `hangUp`: on another connection.
   */
  end({ hangUp = false } = {}): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#movedAtMs = performance.now();
    const { socket } = this.#answer;
    this.#answer.end(() => {
      if (hangUp) socket?.destroySoon();
    });
    // Its source may still be about to get it.
    queueMicrotask(() => this.#hooks.closed());
  }

  /** Whether what was sent before `sinceMs` has not been taken. */
  hasStalled(sinceMs: number): boolean {
    return (this.behind || this.#ended) && this.#movedAtMs < sinceMs;
  }

  /** Ends it without sending what waits. */
  cutOff(): void {
    this.#answer.destroy();
  }

  #write(text: string): void {
    if (this.#ended) return;
    if (!this.behind) this.#movedAtMs = performance.now();
    this.#sentSinceBeat = true;
    this.#answer.write(text);
    if (this.#answer.writableLength > MAX_WAITING_BYTES) this.cutOff();
  }
}

function startAnswer(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const retryMs = Math.round(RETRY_FROM_MS + Math.random() * RETRY_SPREAD_MS);
  reply.raw.writeHead(200, {
    // What hooks have set: those of CORS, of limits, of the call's id.
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies of nginx's kind would collect what should go at once.
    'x-accel-buffering': 'no',
  });
  reply.raw.write(`retry: ${retryMs}\n\n`);
  return reply.raw;
}
