/** Runs a claimed request to its end: its missing rounds side by side, then one ending. */
import { WorkHandedOver } from '../backends/backend.ts';
import type { BackendRegistry } from '../backends/registry.ts';
import type { Catalog } from '../catalog/model.ts';
import { priceOf } from '../catalog/price.ts';
import type { Notifications } from '../db/notifications.ts';
import { RequestFailure } from '../errors.ts';
import { logFields, type Span, within } from '../tracing/span.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { BackendSlots } from './backend-slots.ts';
import type { ClaimedRequest, ClaimedRun } from './claim.ts';
import { endRequest } from './end.ts';
import { gatherInputs, type InputSources } from './gather-inputs.ts';
import { persistently } from './persistently.ts';
import { LeaseLost, type RoundRow, readRounds } from './rounds.ts';
import { runRound } from './run-round.ts';
import { roundSeed } from './seeds.ts';
import type { Warning } from './states.ts';
import { codeOf, DeadlinePassed, traceRun } from './trace.ts';

export interface RunContext extends InputSources {
  notifications: Notifications;
  backends: BackendRegistry;
  catalog: Catalog;
  slots: BackendSlots;
  tracing: Tracing;
  /** Seconds one call of a backend took, and how it ended. */
  observeRound(backend: string, outcome: string, seconds: number): void;
  /** 0..1 of all rounds together. */
  reportProgress(claimed: ClaimedRequest, fraction: number): void;
}

/** A run under way. */
interface Run extends RunContext {
  claimed: ClaimedRun;
  /** Of the whole run. */
  span: Span;
}

/** What ending a request takes: what is only to be ended has no time of its own. */
export type EndContext = Pick<RunContext, 'db' | 'notifications' | 'log' | 'tracing'>;
type Ending = EndContext & { claimed: ClaimedRequest; span: Run['span'] };

/** Why a run stops before its end. The request is not ended: it goes back to the queue, or is somebody else's. */
export class Interrupted extends WorkHandedOver {
  override name = 'Interrupted';
}

/** How long the writes of the ending may wait for a database that is gone. */
const ENDING_PATIENCE_MS = 10 * 60_000;

/**
 * Ends with the request ended.
 * @throws {LeaseLost} when it is somebody else's now; {Interrupted} when `signal` says so.
 */
export const runRequest = (context: RunContext, claimed: ClaimedRun, signal: AbortSignal): Promise<void> =>
  traceRun(context.tracing, claimed, (span) => runToEnd({ ...context, claimed, span }, signal));

async function runToEnd(run: Run, signal: AbortSignal): Promise<void> {
  const { claimed } = run;
  const stop = new AbortController();
  const remainingMs = claimed.deadlineMs - performance.now();
  const deadline = setTimeout(() => stop.abort(new DeadlinePassed()), Math.max(0, remainingMs));
  const whole = AbortSignal.any([signal, stop.signal]);
  let leftOver: RequestFailure | undefined;
  try {
    const before = claimed.resumed ? await persistently(() => readRounds(run.db, claimed.id), whole) : [];
    await runRounds(run, before, whole, stop);
  } catch (error) {
    leftOver = explain(error, signal, stop.signal);
    if (error !== leftOver && !(stop.signal.reason instanceof DeadlinePassed))
      run.log.error({ err: error, ...logFields(claimed.trace) }, 'a request could not be run');
  } finally {
    clearTimeout(deadline);
  }
  await conclude(run, leftOver, signal);
}

/** What to tell the caller of a run that broke off. @throws what means that the request is not ours to end. */
function explain(error: unknown, signal: AbortSignal, stopped: AbortSignal): RequestFailure {
  if (error instanceof LeaseLost) throw error;
  signal.throwIfAborted();
  if (stopped.reason instanceof DeadlinePassed) {
    return new RequestFailure('timeout', 'The request did not finish in the time it is given.', {
      retryable: true,
    });
  }
  if (error instanceof RequestFailure) return error;
  return new RequestFailure('internal', 'Something went wrong on our side while the request ran.', {
    retryable: true,
    cause: error,
  });
}

async function runRounds(
  { claimed, span, ...context }: Run,
  before: RoundRow[],
  signal: AbortSignal,
  stop: AbortController,
): Promise<void> {
  const model = context.catalog.find(claimed.model_id);
  const candidates = model ? context.backends.candidates(model) : [];
  if (!model || candidates.length === 0)
    throw new RequestFailure('backend_unavailable', 'No backend is configured for this model any more.', {
      retryable: true,
    });
  let inputs: ReturnType<typeof gatherInputs> | undefined;
  const fractions = new Map<number, number>();
  const run = {
    db: context.db,
    store: context.store,
    notifications: context.notifications,
    log: context.log.child({ request_id: claimed.id, ...logFields(claimed.trace) }),
    claimed,
    candidates,
    slots: context.slots,
    pricePerOutput: priceOf(model, claimed.input),
    inputs: () => {
      inputs ??= gatherInputs(context, claimed, span, signal);
      return inputs;
    },
    reportProgress: (index: number, fraction: number) => {
      fractions.set(index, Math.min(1, Math.max(0, fraction)));
      const sum = [...fractions.values()].reduce((total, value) => total + value, 0);
      context.reportProgress(claimed, sum / claimed.rounds);
    },
    observe: context.observeRound,
    signal,
  };
  for (const { index, state } of before) if (state === 'done' || state === 'failed') fractions.set(index, 1);
  const missing = Array.from({ length: claimed.rounds }, (_, index) => index).filter((index) => {
    const row = before.find((round) => round.index === index);
    return row?.state !== 'done' && row?.state !== 'failed';
  });
  const settled = await Promise.allSettled(
    missing.map(async (index) => {
      try {
        const row = before.find((round) => round.index === index);
        const roundSpan = span.child('round', { attributes: { 'darkroom.round.index': index } });
        await within(roundSpan, codeOf(signal), () => runRound({ ...run, span: roundSpan }, index, row));
      } catch (error) {
        // The others have no reason to go on either.
        if (error instanceof LeaseLost) stop.abort(error);
        throw error;
      }
    }),
  );
  const broken = settled.find((result) => result.status === 'rejected');
  if (broken) throw broken.reason;
}

/** Decides by what is recorded: any output completes the request, and says in `warnings` what did not come. */
async function conclude(
  { claimed, span, ...context }: Ending,
  leftOver: RequestFailure | undefined,
  signal: AbortSignal,
): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(ENDING_PATIENCE_MS)]);
  const rounds = await persistently(() => readRounds(context.db, claimed.id), patience);
  const done = rounds.filter(({ state }) => state === 'done');
  const failures = Array.from({ length: claimed.rounds }, (_, index) => {
    const row = rounds.find((round) => round.index === index);
    if (row?.state === 'done') return undefined;
    return row?.failure ?? leftOver?.failure;
  });
  const first = failures.find((failure) => failure !== undefined);
  const warnings: Warning[] =
    done.length === 0
      ? []
      : failures.flatMap((failure, index) =>
          failure
            ? [
                {
                  message: `image ${index + 1} of ${claimed.rounds} did not come: ${failure.message}`,
                  error: failure,
                },
              ]
            : [],
        );
  const ending = {
    state: done.length > 0 ? ('completed' as const) : ('failed' as const),
    failure:
      done.length > 0
        ? null
        : (first ?? {
            code: 'internal' as const,
            message: 'The request ended without an output.',
            retryable: true,
          }),
    warnings,
    adjustments: [...new Set(done.flatMap(({ adjustments }) => adjustments ?? []))],
    backend: rounds.find(({ backend }) => backend)?.backend ?? null,
  };
  const { cost } = await within(span.child('end'), codeOf(signal), () =>
    persistently(() => endRequest(context.db, context.notifications, claimed, ending), patience),
  );
  span.set({
    'darkroom.outcome': ending.state,
    'darkroom.backend': ending.backend ?? undefined,
    'darkroom.outputs': done.length,
    'darkroom.cost_usd': cost / 1e6,
  });
  if (ending.failure) span.fail(ending.failure.code);
  const durationMs = Date.now() - Date.parse(claimed.started_at);
  context.log.info(
    {
      request_id: claimed.id,
      ...logFields(claimed.trace),
      model_id: claimed.model_id,
      outcome: ending.state,
      code: ending.failure?.code,
      outputs: done.length,
      seed: roundSeed(claimed.seed, 0),
      cost_usd: cost / 1e6,
      duration_ms: durationMs,
    },
    'request ended',
  );
}

/** Ends a request that waited for a backend which is no longer configured anywhere. */
export function endUnservedRequest(
  context: RunContext,
  claimed: ClaimedRequest,
  signal: AbortSignal,
): Promise<void> {
  const failure = new RequestFailure(
    'backend_unavailable',
    'The backend that this request waited for is no longer configured. Submit it again.',
    { retryable: true },
  );
  return endWith(context, claimed, failure, signal);
}

/** Ends a request whose runs were all lost, with what they left. */
export function endLostRequest(
  context: RunContext,
  claimed: ClaimedRequest,
  signal: AbortSignal,
): Promise<void> {
  const failure = new RequestFailure(
    'worker_lost',
    'The process that ran this request stopped, more than once. Submit it again.',
    { retryable: true },
  );
  return endWith(context, claimed, failure, signal);
}

/** Ends a request that may have run in a time that was lost with a restore: nobody knows, and it is not paid for twice. */
export function endAbandonedRequest(
  context: EndContext,
  claimed: ClaimedRequest,
  signal: AbortSignal,
): Promise<void> {
  const failure = new RequestFailure(
    'worker_lost',
    'This server was restored from a backup that was made before the request had ended. Submit it again.',
    { retryable: true },
  );
  return endWith(context, claimed, failure, signal);
}

const endWith = (
  context: EndContext,
  claimed: ClaimedRequest,
  failure: RequestFailure,
  signal: AbortSignal,
): Promise<void> =>
  traceRun(context.tracing, claimed, (span) => conclude({ ...context, claimed, span }, failure, signal));
