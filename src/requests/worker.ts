/**
 * A worker process: claims while it has room, keeps its leases, and gives back what it cannot finish.
 * Woken by notifications; looks by itself every second, so that a lost one costs a second and nothing else.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../db/database.ts';
import { logFields } from '../tracing/span.ts';
import {
  type ClaimedRequest,
  claimRequest,
  giveBackRequest,
  hasClaimable,
  renewLeases,
  requeueLostRequests,
  takeOverLostRequest,
} from './claim.ts';
import { createProgressWriter } from './progress.ts';
import { LeaseLost } from './rounds.ts';
import {
  endLostRequest,
  endUnservedRequest,
  Interrupted,
  type RunContext,
  runRequest,
} from './run-request.ts';
import { recordWait } from './trace.ts';
import { heartbeat, listUnservedPools, unregisterWorker } from './workers.ts';

/** Longer than any restart: what is queued for a backend should outlive a change of its machine. */
const UNSERVED_GRACE_MS = 10 * 60_000;

export interface WorkerOptions {
  pools: readonly string[];
  /** Requests at once. */
  concurrency: number;
  /** How long one request may run. */
  requestTimeoutMs: number;
  /** What to call this process where workers are listed. */
  description: string;
  /** How long a pool may be without a worker before its requests are ended. */
  unservedGraceMs?: number;
}

export interface Worker {
  /** Claims no more, lets what runs finish for `graceMs`, gives the rest back. */
  stop(graceMs: number): Promise<void>;
  /** How many requests run here now. */
  readonly running: number;
}

const POLL_MS = 1000;
/** A third of the lease: two renewals may be missed. */
const RENEW_MS = 5000;
/** Longer than this between two looks, and other workers may not have been able to renew their leases either. */
const MISSED_MS = 1.5 * RENEW_MS;
/** Those who end requests hold it for a millisecond or two each, one after the other. */
const CONTENDED_MS = 3;

interface Run {
  claimed: ClaimedRequest;
  stop: AbortController;
  ended: Promise<void>;
}

/** Starts at once and goes on until it is stopped. */
export async function startWorker(
  context: Omit<RunContext, 'reportProgress'>,
  options: WorkerOptions,
): Promise<Worker> {
  const { db, notifications, log } = context;
  const workerId = randomUUID();
  const runs = new Map<string, Run>();
  const progress = createProgressWriter(db, notifications, log);
  const runContext: RunContext = { ...context, reportProgress: progress.report };
  let stopping = false;
  let filling: Promise<void> | undefined;
  let again = false;
  let turn = 0;

  const { description, concurrency, pools } = options;
  const self = { id: workerId, description, concurrency, pools };
  await heartbeat(db, self);

  function start(claimed: ClaimedRequest, work: (signal: AbortSignal) => Promise<void>): void {
    const stop = new AbortController();
    const ended = work(stop.signal)
      .catch((error) => afterBrokenRun(claimed, stop.signal, error))
      .finally(() => {
        runs.delete(claimed.lease);
        progress.forget(claimed);
        fill();
      });
    runs.set(claimed.lease, { claimed, stop, ended });
  }

  async function afterBrokenRun(claimed: ClaimedRequest, signal: AbortSignal, error: unknown): Promise<void> {
    const about = { request_id: claimed.id, ...logFields(claimed.trace) };
    if (error instanceof LeaseLost || signal.reason instanceof LeaseLost) {
      log.warn(about, 'a request was taken over by another worker');
      return;
    }
    if (!(signal.reason instanceof Interrupted)) {
      // Not given back, since that would not count: when its lease ends it runs again, a bounded number of times.
      log.error({ err: error, ...about }, 'a run broke off');
      return;
    }
    try {
      const pool = await giveBackRequest(db, claimed);
      if (!pool) return;
      notifications.publish('requests', [claimed.id]);
      notifications.publish('queue', [pool]);
    } catch (failure) {
      log.warn(
        { err: failure, ...about },
        'a request could not be given back; it runs again when its lease ends',
      );
    }
  }

  /** Claims until there is no room or no work. One at a time; a wake-up meanwhile makes it look once more. */
  function fill(): void {
    if (stopping) return;
    if (filling) {
      again = true;
      return;
    }
    filling = (async () => {
      do {
        again = false;
        await claimAll();
      } while (again && !stopping);
    })()
      .catch((error) => {
        if (!isUnavailable(error)) log.error({ err: error }, 'cannot claim');
      })
      .finally(() => {
        filling = undefined;
        // Woken after the last look and before this.
        if (again) fill();
      });
  }

  /** Pools take turns, so that a long queue of one keeps no other's waiting. */
  async function claimAll(): Promise<void> {
    for (let empty = 0; empty < options.pools.length && !stopping && runs.size < options.concurrency; ) {
      const pool = options.pools[turn % options.pools.length]!;
      turn++;
      empty = (await claimFrom(pool)) ? 0 : empty + 1;
    }
  }

  /** @returns whether there may be more. */
  async function claimFrom(pool: string): Promise<boolean> {
    const claimed = await claimRequest(db, pool, randomUUID(), options.requestTimeoutMs);
    if (claimed) {
      recordWait(context.tracing, claimed, 'claimed');
      notifications.publish('requests', [claimed.id]);
      if (claimed.told) notifications.publish('webhooks', ['events']);
      start(claimed, (signal) => runRequest(runContext, claimed, signal));
      return true;
    }
    if (!(await hasClaimable(db, pool))) return false;
    // Another claim or a submit holds the lane this very moment.
    await sleep(CONTENDED_MS * (0.5 + Math.random()));
    return true;
  }

  let lookedAtMs = performance.now();
  let justBack = false;
  const unservedSinceMs = new Map<string, number>();
  const unservedGraceMs = options.unservedGraceMs ?? UNSERVED_GRACE_MS;

  async function keepLeases(): Promise<void> {
    await heartbeat(db, self);
    const held = [...runs.values()];
    if (held.length > 0) {
      const kept = await renewLeases(
        db,
        held.map(({ claimed }) => claimed),
      );
      // Those that ended since are no longer in `runs`.
      for (const { claimed, stop } of held)
        if (!kept.has(claimed.lease) && runs.has(claimed.lease))
          stop.abort(new LeaseLost('the lease is lost'));
    }
    // After an outage the living get until the next look to renew theirs, before any counts as lost.
    justBack = !justBack && performance.now() - lookedAtMs > MISSED_MS;
    lookedAtMs = performance.now();
    if (!stopping && !justBack) {
      await recoverLost();
      await endUnserved();
    }
  }

  /**
   * Requests of pools that nobody serves any more, since a backend was taken out of the configuration. They are not
   * moved to another: it may cost what the caller has not agreed to. A worker that only restarts is given time.
   */
  async function endUnserved(): Promise<void> {
    const unserved = await listUnservedPools(db);
    for (const pool of unservedSinceMs.keys()) if (!unserved.includes(pool)) unservedSinceMs.delete(pool);
    for (const pool of unserved) {
      const sinceMs = unservedSinceMs.get(pool) ?? performance.now();
      unservedSinceMs.set(pool, sinceMs);
      if (performance.now() - sinceMs < unservedGraceMs) continue;
      for (;;) {
        const claimed = stopping
          ? undefined
          : await claimRequest(db, pool, randomUUID(), options.requestTimeoutMs);
        if (!claimed) break;
        recordWait(context.tracing, claimed, 'claimed');
        await endUnservedRequest(runContext, claimed, new AbortController().signal);
      }
    }
  }

  /** What dead workers left: back to the queue, or ended if that happened too often. */
  async function recoverLost(): Promise<void> {
    const requeued = await requeueLostRequests(db);
    // After it: the slots of those that were just lost are free for whoever takes them over.
    await context.slots.reclaim();
    if (requeued.length > 0) {
      log.warn({ requests: requeued.length }, 'requests of a lost worker run again');
      notifications.publish(
        'requests',
        requeued.map(({ id }) => id),
      );
      notifications.publish('queue', [...new Set(requeued.map(({ pool }) => pool))]);
    }
    for (
      let lost = await takeOverLostRequest(db, randomUUID());
      lost && !stopping;
      lost = await takeOverLostRequest(db, randomUUID())
    ) {
      const request = lost;
      start(request, (signal) => endLostRequest(runContext, request, signal));
    }
  }

  const lookEvery = async (
    ms: number,
    look: () => Promise<void> | void,
    until: AbortSignal,
  ): Promise<void> => {
    while (!until.aborted) {
      let pauseMs = ms;
      try {
        await look();
      } catch (error) {
        if (!isUnavailable(error)) log.error({ err: error }, 'a worker could not look after its requests');
        pauseMs = Math.min(ms, POLL_MS);
      }
      await sleep(pauseMs, undefined, { signal: until }).catch(() => {});
    }
  };
  const ended = new AbortController();
  const loops = [lookEvery(POLL_MS, fill, ended.signal), lookEvery(RENEW_MS, keepLeases, ended.signal)];
  const unsubscribe = [
    notifications.subscribe('queue', (pools) => {
      if (pools.some((pool) => options.pools.includes(pool))) fill();
    }),
    notifications.subscribe('reconnected', fill),
  ];

  return {
    get running() {
      return runs.size;
    },
    async stop(graceMs) {
      stopping = true;
      for (const off of unsubscribe) off();
      await filling;
      const allEnded = (): Promise<unknown> => Promise.all([...runs.values()].map((run) => run.ended));
      const grace = new AbortController();
      await Promise.race([allEnded(), sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
      grace.abort();
      if (runs.size > 0) log.info({ requests: runs.size }, 'giving unfinished requests back to the queue');
      for (const { stop } of runs.values()) stop.abort(new Interrupted('the worker stops'));
      await allEnded();
      ended.abort();
      await Promise.all(loops);
      await progress.stop();
      await unregisterWorker(db, workerId).catch(() => {});
    },
  };
}
