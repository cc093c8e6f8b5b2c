/** Gets a round's images: from the first candidate that can give them, tried again where that is worth it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  BackendError,
  type InputImage,
  type OutputFormat,
  type Resolution,
  type Round,
  type RoundContext,
  type RoundResult,
} from '../backends/backend.ts';
import type { Breaker } from '../backends/breaker.ts';
import type { Choice } from '../backends/registry.ts';
import type { Database } from '../db/database.ts';
import { RequestFailure } from '../errors.ts';
import type { Span } from '../tracing/span.ts';
import type { BackendSlots } from './backend-slots.ts';
import type { ClaimedRequest, ClaimedRun } from './claim.ts';
import { persistently } from './persistently.ts';
import { afterFailure, isOutage, type NextStep } from './retry.ts';
import { beginRound, type RoundRow, saveRemoteReference } from './rounds.ts';
import { otherSeed } from './seeds.ts';
import { codeOf } from './trace.ts';

export interface BackendCalls {
  db: Database;
  log: Logger;
  /** Of the round. */
  span: Span;
  claimed: ClaimedRun;
  /** Best first. */
  candidates: readonly Choice[];
  slots: BackendSlots;
  /** The request's inputs, fetched when the first round needs them. */
  inputs(): Promise<InputImage[]>;
  reportProgress(index: number, fraction: number): void;
  /** Seconds a call took, and how it ended. */
  observe(backend: string, outcome: string, seconds: number): void;
  /** Aborted at the deadline, at shutdown, and when the lease is lost. */
  signal: AbortSignal;
}

export interface Rendered {
  row: RoundRow;
  result: RoundResult;
}

/** The format the caller asked for. */
export const askedFormat = ({ input }: ClaimedRequest): OutputFormat =>
  (input.output_format as OutputFormat | undefined) ?? 'png';

/**
 * @param before the round as an earlier run left it
 * @throws {RequestFailure} when no candidate gave anything; {LeaseLost}; the signal's reason.
 */
export async function callBackend(
  calls: BackendCalls,
  index: number,
  firstSeed: number,
  before: RoundRow | undefined,
): Promise<Rendered> {
  const images = await calls.inputs();
  const capable = calls.candidates.filter(
    ({ backend, upstreamModel }) => backend.capabilities(upstreamModel).maxInputImages >= images.length,
  );
  if (capable.length === 0) throw tooManyImages(calls.candidates, images.length);
  // What an earlier run has started is looked for where it was started.
  const startedAt = capable.findIndex(
    ({ backend }) => before?.remote_reference && backend.name === before.backend,
  );
  const inOrder = startedAt > 0 ? [capable[startedAt]!, ...capable.toSpliced(startedAt, 1)] : capable;
  let failure: RequestFailure | undefined;
  let anew = false;
  for (const [place, choice] of inOrder.entries()) {
    const isLast = place === inOrder.length - 1;
    const answer = await callCandidate(calls, choice, { index, seed: firstSeed, images, anew }, isLast);
    if ('result' in answer) {
      if (choice !== capable[0])
        answer.result.adjustments.push(
          'the backend that is first for this model could not be used; another one made the image',
        );
      return answer;
    }
    failure = answer.failure;
    anew = true;
    if (!answer.moveOn) break;
    if (!isLast)
      calls.log.info(
        { err: failure.cause, round: index, backend: choice.backend.name },
        'the next candidate is tried',
      );
  }
  throw failure;
}

interface Attempt {
  index: number;
  seed: number;
  images: InputImage[];
  anew: boolean;
}

type GivenUp = Extract<NextStep, { retry: false }>;

/** The backend was not called: it has failed too often of late. */
class OutOfOrder extends BackendError {
  override name = 'OutOfOrder';
  /** Another call sees whether it works again, and what that finds is about to be known. */
  readonly beingTried: boolean;

  constructor(breaker: Breaker) {
    const beingTried = breaker.state() !== 'open';
    super('unavailable', 'The backend is out of order at the moment.', { retryAfterMs: breaker.retryInMs() });
    this.beingTried = beingTried;
  }
}

/** How often those look who wait for what another call finds. */
const LOOK_AGAIN_MS = 200;

async function callCandidate(
  calls: BackendCalls,
  choice: Choice,
  attempt: Attempt,
  isLast: boolean,
): Promise<Rendered | GivenUp> {
  const { claimed, signal } = calls;
  let { seed, anew } = attempt;
  for (let count = 1; ; count++) {
    let next: NextStep;
    try {
      return await callOnce(calls, choice, { ...attempt, seed, anew });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Error && error.name === 'LeaseLost') throw error;
      const refused = error instanceof OutOfOrder;
      if (refused && error.beingTried && isLast) {
        // That was no try of ours.
        count--;
        await sleep(LOOK_AGAIN_MS * (0.5 + Math.random()), undefined, { signal });
        continue;
      }
      next = afterFailure(error, count, claimed.deadlineMs - performance.now(), Math.random());
      // Waiting for a backend that is out of order is no use while another one can be asked.
      if (next.retry && !isLast && (refused || choice.breaker.state() === 'open'))
        return { ...afterFailure(error, Number.POSITIVE_INFINITY, 0, 0), moveOn: true } as GivenUp;
      if (!next.retry) return next;
      const outcome = error instanceof BackendError ? error.kind : 'internal';
      calls.span.event('retry', {
        'darkroom.outcome': outcome,
        'darkroom.delay_ms': Math.round(next.delayMs),
      });
      calls.log.debug({ err: error, round: attempt.index, delayMs: next.delayMs }, 'a round is tried again');
    }
    await sleep(next.delayMs, undefined, { signal });
    if (next.otherSeed) seed = otherSeed(seed);
    anew = true;
  }
}

/** One call, in one of the backend's slots, seen by its breaker. @throws how it failed. */
function callOnce(
  calls: BackendCalls,
  { backend, breaker, upstreamModel }: Choice,
  { index, seed, images, anew }: Attempt,
): Promise<Rendered> {
  const { claimed, signal, slots } = calls;
  const askedAt = performance.now();
  return slots.inSlot(backend.name, claimed, signal, async () => {
    if (!breaker.enter()) throw new OutOfOrder(breaker);
    let outage: boolean | undefined;
    try {
      const row = await persistently(
        () => beginNow(calls, { index, seed, backend: backend.name, anew }),
        signal,
      );
      const startedAt = performance.now();
      const span = calls.span.child(`call ${backend.name}`, {
        kind: 'client',
        attributes: {
          'darkroom.model': claimed.model_id,
          'darkroom.backend': backend.name,
          'darkroom.upstream_model': upstreamModel,
          'darkroom.round.index': index,
          'darkroom.attempt': row.attempts,
          // For a place among the calls that the backend takes at once, and for the database.
          'darkroom.waited_ms': Math.round(startedAt - askedAt),
        },
      });
      const observe = (outcome: string): void => {
        calls.observe(backend.name, outcome, (performance.now() - startedAt) / 1000);
        span.set({ 'darkroom.outcome': outcome });
      };
      try {
        const result = await generate(calls, { backend, upstreamModel }, row, images);
        observe('done');
        span.set({ 'darkroom.cost_usd': result.costUsd });
        outage = false;
        return { row, result };
      } catch (error) {
        outage = signal.aborted ? undefined : isOutage(error);
        observe(error instanceof BackendError ? error.kind : 'internal');
        const code = codeOf(signal)(error);
        if (code !== undefined) span.fail(code);
        throw error;
      } finally {
        span.end();
      }
    } finally {
      breaker.leave(outage);
    }
  });
}

/** A lease that was held so long ago may be somebody else's by now: this process stood still while it waited for the answer. */
const STALE_MS = 4000;

/** Has the round begun under a lease that is held now, not only when the database said so. @throws {LeaseLost} */
async function beginNow(
  { db, claimed }: BackendCalls,
  round: Parameters<typeof beginRound>[2],
): Promise<RoundRow> {
  for (;;) {
    const askedMs = performance.now();
    const row = await beginRound(db, claimed, round);
    if (performance.now() - askedMs < STALE_MS) return row;
  }
}

async function generate(
  calls: BackendCalls,
  { backend, upstreamModel }: Pick<Choice, 'backend' | 'upstreamModel'>,
  row: RoundRow,
  images: InputImage[],
): Promise<RoundResult> {
  const { input, id, deadlineMs, model_id } = calls.claimed;
  const round: Round = {
    id: row.id,
    requestId: id,
    index: row.index,
    attempt: row.attempts - 1,
    modelId: model_id,
    upstreamModel,
    prompt: String(input.prompt ?? ''),
    seed: row.seed,
    aspectRatio: String(input.aspect_ratio ?? 'auto'),
    resolution: (input.resolution as Resolution | undefined) ?? '1K',
    outputFormat: askedFormat(calls.claimed),
    images,
    parameters: input,
  };
  const context: RoundContext = {
    signal: calls.signal,
    deadline: new Date(Date.now() + deadlineMs - performance.now()),
    reportProgress: (fraction) => calls.reportProgress(row.index, fraction),
    saveRemoteReference: (reference) =>
      persistently(() => saveRemoteReference(calls.db, calls.claimed, row.index, reference), calls.signal),
    log: calls.log,
  };
  const result =
    row.remote_reference && backend.resume
      ? await backend.resume(row.remote_reference, round, context)
      : await backend.generate(round, context);
  if (result.outputs.length === 0) throw new BackendError('no_output', 'The model gave no image.');
  return { ...result, adjustments: [...result.adjustments] };
}

function tooManyImages(candidates: readonly Choice[], count: number): RequestFailure {
  const most = Math.max(
    ...candidates.map(({ backend, upstreamModel }) => backend.capabilities(upstreamModel).maxInputImages),
  );
  return new RequestFailure(
    'backend_rejected',
    `image_urls has ${count} images; what runs this model here takes at most ${most}.`,
  );
}
