/**
 * The event streams of a process. Thousands may be open at once, so none has a timer of its own, and what a reader does
 * not take is bounded: its source looks at `behind` and leaves out what is out of date, and a reader that takes nothing
 * for a while is cut off. It comes back with the id of the last event it saw, and misses nothing.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Notifications } from '../db/notifications.ts';
import { errors } from '../errors.ts';
import { EventStream, type StreamHooks } from './event-stream.ts';

export interface EventStreams extends Disposable {
  /**
   * Answers `request` with a stream. `hooks` are those of its source.
   * @throws 429 when the account has as many as it may; 503 when the process is about to end.
   */
  open(request: FastifyRequest, reply: FastifyReply, hooks: StreamHooks): EventStream;
}

export interface EventStreamsOptions {
  /** Open at once for one account, in this process. */
  maxPerAccount: number;
  /** Told how many are open whenever that changes. */
  observe?(open: number): void;
  heartbeatMs?: number;
  /** After which a stream ends, so that clients spread over the processes there are. */
  maxLifeMs?: number;
  /** For a reader that takes nothing. */
  stalledMs?: number;
}

/** Below the idle time of any proxy. */
const HEARTBEAT_MS = 15_000;
const MAX_LIFE_MS = 15 * 60_000;
const STALLED_MS = 30_000;
/** Heartbeats are spread over as many moments, so that thousands do not fall into one. */
const SLOTS = 15;

export function createEventStreams(notifications: Notifications, options: EventStreamsOptions): EventStreams {
  const { heartbeatMs = HEARTBEAT_MS, maxLifeMs = MAX_LIFE_MS, stalledMs = STALLED_MS } = options;
  const slots: Set<EventStream>[] = Array.from({ length: SLOTS }, () => new Set());
  const openOf = new Map<string, number>();
  let open = 0;
  let opened = 0;
  let turn = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const count = (accountId: string, change: 1 | -1): void => {
    open += change;
    const left = (openOf.get(accountId) ?? 0) + change;
    if (left > 0) openOf.set(accountId, left);
    else openOf.delete(accountId);
    options.observe?.(open);
    if (open > 0) timer ??= setInterval(look, heartbeatMs / SLOTS).unref();
    else {
      clearInterval(timer);
      timer = undefined;
    }
  };

  /** At each stream once in `heartbeatMs`. */
  const look = (): void => {
    turn = (turn + 1) % SLOTS;
    const now = performance.now();
    for (const stream of slots[turn]!) {
      if (stream.hasStalled(now - stalledMs)) stream.cutOff();
      else if (stream.openedAtMs < now - maxLifeMs) stream.end({ hangUp: true });
      else stream.beat();
    }
  };

  const all = (): EventStream[] => slots.flatMap((slot) => [...slot]);
  // A key that was changed may have been revoked, and a session may be over: who still may comes back.
  const unsubscribe = notifications.subscribe('keys', (changed) => {
    for (const stream of all()) {
      const { keyId, sessionId } = stream.identity;
      if (changed.includes(keyId) || (sessionId && changed.includes(sessionId))) stream.end();
    }
  });

  return {
    open(request, reply, hooks) {
      const { accountId } = request.identity;
      if (closed) throw errors.unavailable('This server is about to stop. Connect again.', 1);
      if ((openOf.get(accountId) ?? 0) >= options.maxPerAccount) {
        throw errors.rateLimited(
          `This account has ${options.maxPerAccount} event streams open, as many as it may. Close some, or ask for the status with ?wait=30 instead.`,
          { 'retry-after': '5' },
        );
      }
      const stream = new EventStream(request.identity, reply, hooks);
      const slot = slots[opened++ % SLOTS]!;
      slot.add(stream);
      count(accountId, 1);
      const gone = (): void => {
        slot.delete(stream);
        count(accountId, -1);
        stream.end();
      };
      // A client may have left before anybody listened.
      if (reply.raw.destroyed) gone();
      else reply.raw.once('close', gone);
      if (request.method === 'HEAD') stream.end();
      return stream;
    },
    [Symbol.dispose]() {
      closed = true;
      unsubscribe();
      for (const stream of all()) stream.end({ hangUp: true });
    },
  };
}
