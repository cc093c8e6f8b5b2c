/** A request as it goes on, from events or by asking for its status. */
import { sleep } from './abort.ts';
import { NoEvents, streamEvents } from './event-stream.ts';
import { segment } from './paths.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { Result, Status, Update } from './types.ts';

/** How long the server is asked to hold a status back that has not changed. */
const WAIT_SECONDS = 20;
const FIRST_POLL_MS = 500;
const SLOWEST_POLL_MS = 5_000;
/** Events begin with the status. Longer than this, and something on the way collects them. */
const FIRST_EVENT_MS = 10_000;
/** Nothing is lost while a server restarts, so it is given the time. */
const PATIENCE_MS = 60_000;

const ENDED: readonly string[] = ['completed', 'cancelled', 'failed'];

export interface FollowOptions extends CallOptions {
  includeCost?: boolean | undefined;
  /** Called with the result, where the server sends it along. */
  onEnd?: ((result: Result) => void) | undefined;
}

/** Every change of the request, the state it is in first, until it has ended. */
export async function* follow(
  transport: Transport,
  requestId: string,
  options: FollowOptions,
): AsyncGenerator<Update, void, undefined> {
  if (!transport.eventsUnknown) {
    try {
      return yield* followEvents(transport, requestId, options);
    } catch (error) {
      if (!(error instanceof NoEvents)) throw error;
      // If there is no such request, this says so.
      await readStatus(transport, requestId, options);
      transport.eventsUnknown = error.forGood;
    }
  }
  yield* followStatus(transport, requestId, options);
}

async function* followEvents(
  transport: Transport,
  requestId: string,
  { signal, includeCost, onEnd }: FollowOptions,
): AsyncGenerator<Update, void, undefined> {
  const events = streamEvents(transport, {
    path: `/v1/requests/${segment(requestId)}/events`,
    query: { include_cost: includeCost || undefined },
    signal,
    otherwiseAfterMs: FIRST_EVENT_MS,
    patienceMs: PATIENCE_MS,
  });
  for await (const { event, data } of events) {
    if (event === 'end') return onEnd?.(JSON.parse(data));
    if (event === 'status') yield { ...JSON.parse(data), type: 'status' };
    else if (event === 'output') yield { request_id: requestId, ...JSON.parse(data), type: 'output' };
  }
}

/** Asks with `wait`. A server that answers at once knows no `wait`, and is asked less and less often while nothing changes. */
async function* followStatus(
  transport: Transport,
  requestId: string,
  { signal }: FollowOptions,
): AsyncGenerator<Update, void, undefined> {
  const knowsWait = transport.settings.isDarkroom;
  let pauseMs = FIRST_POLL_MS;
  for (let last: string | undefined; ; ) {
    const isFirst = last === undefined;
    const askedAt = Date.now();
    // The first answer is to come at once.
    const wait = knowsWait && !isFirst ? WAIT_SECONDS : undefined;
    const status = await readStatus(transport, requestId, { wait, signal, patienceMs: PATIENCE_MS });
    const now = JSON.stringify(status);
    if (now !== last) {
      yield { type: 'status', ...status };
      pauseMs = FIRST_POLL_MS;
    }
    if (ENDED.includes(status.status)) return;
    last = now;
    if (isFirst && knowsWait) continue;
    await sleep(Math.max(0, pauseMs - (Date.now() - askedAt)), signal);
    pauseMs = Math.min(SLOWEST_POLL_MS, pauseMs * 1.5);
  }
}

export interface StatusOptions extends CallOptions {
  /** Seconds (1 to 60) to hold the answer back until the status changes. */
  wait?: number | undefined;
}

/** The status now, or when it changes. */
export async function readStatus(
  transport: Transport,
  requestId: string,
  { wait, signal, patienceMs = 0 }: StatusOptions & { patienceMs?: number } = {},
): Promise<Status> {
  return transport.json<Status>({
    path: `/v1/requests/${segment(requestId)}/status`,
    query: { wait },
    signal,
    patienceMs,
    timeoutMs: ((wait ?? 0) + 30) * 1000,
  });
}
