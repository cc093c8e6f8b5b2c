/** One round: calls the backend until it gives an image or has failed for good, and keeps what it gave at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  type Backend,
  BackendError,
  type InputImage,
  type OutputFormat,
  type Resolution,
  type RoundResult,
} from '../backends/backend.ts';
import { type Database, isUnavailable } from '../db/database.ts';
import { RequestFailure } from '../errors.ts';
import { announceFile, readRawFiles, storeKeyOf } from '../files/file-records.ts';
import { finishOutput, UnreadableOutput } from '../files/image-output.ts';
import { sniff } from '../files/sniff.ts';
import type { FileStore } from '../files/store.ts';
import { toMicroUsd } from '../lib/money.ts';
import type { ClaimedRequest } from './claim.ts';
import { persistently } from './persistently.ts';
import { afterFailure } from './retry.ts';
import {
  beginRound,
  LeaseLost,
  type OutputFile,
  type RoundRow,
  recordOutputs,
  recordRendered,
  recordRoundFailure,
  saveRemoteReference,
} from './rounds.ts';
import { otherSeed, roundSeed, seedAdjustment } from './seeds.ts';

export interface RoundRun {
  db: Database;
  store: FileStore;
  log: Logger;
  claimed: ClaimedRequest;
  backend: Backend;
  upstreamModel: string;
  /** Millionths of a USD for one output, where the backend does not tell. */
  pricePerOutput: number;
  /** The request's inputs, fetched when the first round needs them. */
  inputs(): Promise<InputImage[]>;
  reportProgress(index: number, fraction: number): void;
  /** Seconds a call took, and how it ended. */
  observe(seconds: number, outcome: string): void;
  /** Aborted at the deadline, at shutdown, and when the lease is lost. */
  signal: AbortSignal;
}

/** A round yields several images only where the caller asked not to limit it. */
const MAX_OUTPUTS = 4;

/**
 * Ends with the round done or failed, and recorded as such.
 * @throws {LeaseLost}; the signal's reason: then nothing is decided, and a later run goes on.
 */
export async function runRound(run: RoundRun, index: number, before: RoundRow | undefined): Promise<void> {
  const seed = before?.seed ?? roundSeed(run.claimed.seed, index);
  try {
    if (before?.state === 'rendered') await finishRendered(run, before);
    else await callBackend(run, index, seed);
  } catch (error) {
    if (error instanceof LeaseLost || run.signal.aborted) throw error;
    if (!(error instanceof RequestFailure)) throw error;
    if (error.cause)
      run.log.info({ err: error.cause, round: index, code: error.failure.code }, 'a round failed');
    await persistently(
      () => recordRoundFailure(run.db, run.claimed, { index, seed }, error.failure),
      run.signal,
    );
  }
}

async function callBackend(run: RoundRun, index: number, firstSeed: number): Promise<void> {
  const { claimed, backend, signal } = run;
  const images = await run.inputs();
  let seed = firstSeed;
  for (let calls = 1; ; calls++) {
    const row = await persistently(
      () => beginRound(run.db, claimed, { index, seed, backend: backend.name }),
      signal,
    );
    const startedAt = performance.now();
    const observe = (outcome: string): void => run.observe((performance.now() - startedAt) / 1000, outcome);
    let result: RoundResult;
    try {
      result = await generate(run, row, images);
      observe('done');
    } catch (error) {
      signal.throwIfAborted();
      observe(error instanceof BackendError ? error.kind : 'internal');
      const next = afterFailure(error, calls, Date.parse(claimed.deadline_at) - Date.now(), Math.random());
      if (!next.retry) throw next.failure;
      run.log.debug({ err: error, round: index, delayMs: next.delayMs }, 'a round is tried again');
      await sleep(next.delayMs, undefined, { signal });
      if (next.otherSeed) seed = otherSeed(seed);
      continue;
    }
    await keep(run, row, result);
    return;
  }
}

async function generate(run: RoundRun, row: RoundRow, images: InputImage[]): Promise<RoundResult> {
  const { input, id, deadline_at, model_id } = run.claimed;
  const round = {
    id: row.id,
    requestId: id,
    index: row.index,
    attempt: row.attempts - 1,
    modelId: model_id,
    upstreamModel: run.upstreamModel,
    prompt: String(input.prompt ?? ''),
    seed: row.seed,
    aspectRatio: String(input.aspect_ratio ?? 'auto'),
    resolution: (input.resolution as Resolution | undefined) ?? '1K',
    outputFormat: outputFormat(run),
    images,
    parameters: input,
  };
  const context = {
    signal: run.signal,
    deadline: new Date(deadline_at),
    reportProgress: (fraction: number) => run.reportProgress(row.index, fraction),
    saveRemoteReference: (reference: Record<string, unknown>) =>
      persistently(() => saveRemoteReference(run.db, run.claimed, row.index, reference), run.signal),
    log: run.log,
  };
  const result =
    row.remote_reference && run.backend.resume
      ? await run.backend.resume(row.remote_reference, round, context)
      : await run.backend.generate(round, context);
  if (result.outputs.length === 0) throw new BackendError('no_output', 'The model gave no image.');
  return result;
}

const outputFormat = (run: RoundRun): OutputFormat =>
  (run.claimed.input.output_format as OutputFormat | undefined) ?? 'png';

/**
 * What came is paid for. If it still has to be brought into the asked format it is stored as it came first,
 * so that a crash meanwhile does not lose it.
 */
async function keep(run: RoundRun, row: RoundRow, result: RoundResult): Promise<void> {
  const outputs = result.outputs.slice(0, run.claimed.input.limit_generations === false ? MAX_OUTPUTS : 1);
  const told = {
    index: row.index,
    seed: row.seed,
    cost: costOf(result.costUsd) ?? run.pricePerOutput * outputs.length,
    adjustments: [seedAdjustment(run.claimed.seed), ...result.adjustments].filter(
      (text) => text !== undefined,
    ),
  };
  const types = await Promise.all(outputs.map(({ bytes }) => sniff(bytes)));
  const fits = types.every(
    (type) =>
      type.kind === 'video' || (type.kind === 'image' && type.contentType === `image/${outputFormat(run)}`),
  );
  if (!fits) {
    const rawIds: string[] = [];
    for (const { bytes } of outputs) rawIds.push((await storeBytes(run, 'raw', bytes)).id);
    await persistently(() => recordRendered(run.db, run.claimed, told, rawIds), run.signal);
  }
  await finish(
    run,
    told,
    outputs.map(({ bytes }) => bytes),
  );
}

/** What the far side tells, unless that is no amount. */
const costOf = (usd: number | undefined): number | undefined =>
  usd !== undefined && usd >= 0 && Number.isFinite(usd) ? toMicroUsd(usd) : undefined;

/** A run before this one got the image and was stopped before it was in the asked format. */
async function finishRendered(run: RoundRun, row: RoundRow): Promise<void> {
  const files = await persistently(() => readRawFiles(run.db, run.claimed.id, row.index), run.signal);
  const images = await persistently(
    () => Promise.all(files.map(({ id }) => run.store.readAll(storeKeyOf(id)))),
    run.signal,
  );
  await finish(
    run,
    { index: row.index, seed: row.seed, cost: row.cost, adjustments: row.adjustments ?? [] },
    images,
  );
}

async function finish(
  run: RoundRun,
  told: { index: number; seed: number; cost: number; adjustments: string[] },
  images: Buffer[],
): Promise<void> {
  const files: OutputFile[] = [];
  for (const [ordinal, bytes] of images.entries()) {
    const finished = await finishMedia(run, bytes);
    const stored = await storeBytes(run, run.claimed.sync_mode ? 'sync' : 'output', finished.bytes);
    files.push({
      ...stored,
      ordinal,
      contentType: finished.contentType,
      width: finished.width,
      height: finished.height,
    });
  }
  await persistently(() => recordOutputs(run.db, run.claimed, told, files), run.signal);
}

async function finishMedia(
  run: RoundRun,
  bytes: Buffer,
): Promise<{ bytes: Buffer; contentType: string; width: number | null; height: number | null }> {
  const type = await sniff(bytes);
  if (type.kind === 'video') return { bytes, contentType: type.contentType, width: null, height: null };
  try {
    return await finishOutput(bytes, outputFormat(run), run.signal);
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    throw new RequestFailure('no_output', 'The backend sent something that cannot be read as an image.', {
      cause: error,
    });
  }
}

/** A full or failing disk may be mended before the deadline: the image is kept in memory until then. */
async function storeBytes(
  run: RoundRun,
  kind: 'raw' | 'output' | 'sync',
  bytes: Buffer,
): Promise<{ id: string; bytes: number; sha256: string }> {
  const id = await persistently(() => announceFile(run.db, run.claimed.account_id, kind), run.signal);
  const stored = await persistently(
    () => run.store.write(storeKeyOf(id), bytes),
    run.signal,
    (error) => {
      if (!isUnavailable(error)) run.log.error({ err: error, file: id }, 'an output cannot be stored yet');
      return true;
    },
  );
  return { id, ...stored };
}
