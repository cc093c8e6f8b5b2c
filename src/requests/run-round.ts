/** One round: calls the backend until it gives an image or has failed for good, and keeps what it gave at once. */
import type { RoundResult } from '../backends/backend.ts';
import { limitsRounds, MAX_OUTPUTS_PER_ROUND } from '../catalog/price.ts';
import { isUnavailable } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { RequestFailure } from '../errors.ts';
import { announceFile, readRawFiles, storeKeyOf } from '../files/file-records.ts';
import { finishOutput, UnreadableOutput } from '../files/image-output.ts';
import { sniff } from '../files/sniff.ts';
import type { FileStore } from '../files/store.ts';
import { toMicroUsd, toUsd } from '../lib/money.ts';
import { within } from '../tracing/span.ts';
import { askedFormat, type BackendCalls, callBackend } from './call-backend.ts';
import { persistently } from './persistently.ts';
import {
  LeaseLost,
  type OutputFile,
  type RoundRow,
  recordOutputs,
  recordRendered,
  recordRoundFailure,
} from './rounds.ts';
import { roundSeed, seedAdjustment } from './seeds.ts';
import { codeOf } from './trace.ts';

export interface RoundRun extends BackendCalls {
  store: FileStore;
  notifications: Notifications;
  /** Millionths of a USD for one output, where the backend does not tell. */
  pricePerOutput: number;
}

/**
 * Ends with the round done or failed, and recorded as such.
 * @throws {LeaseLost}; the signal's reason: then nothing is decided, and a later run goes on.
 */
export async function runRound(run: RoundRun, index: number, before: RoundRow | undefined): Promise<void> {
  const seed = before?.seed ?? roundSeed(run.claimed.seed, index);
  try {
    if (before?.state === 'rendered') await finishRendered(run, before);
    else {
      const { row, result } = await callBackend(run, index, seed, before);
      await keep(run, row, result);
    }
  } catch (error) {
    if (error instanceof LeaseLost || run.signal.aborted) throw error;
    if (!(error instanceof RequestFailure)) throw error;
    run.span.fail(error.failure.code);
    if (error.cause)
      run.log.info({ err: error.cause, round: index, code: error.failure.code }, 'a round failed');
    await persistently(
      () => recordRoundFailure(run.db, run.claimed, { index, seed }, error.failure),
      run.signal,
    );
  }
}

/**
 * What came is paid for. If it still has to be brought into the asked format it is stored as it came first,
 * so that a crash meanwhile does not lose it.
 */
async function keep(run: RoundRun, row: RoundRow, result: RoundResult): Promise<void> {
  const outputs = result.outputs.slice(0, limitsRounds(run.claimed.input) ? 1 : MAX_OUTPUTS_PER_ROUND);
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
      type.kind === 'video' ||
      (type.kind === 'image' && type.contentType === `image/${askedFormat(run.claimed)}`),
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
    () => Promise.all(files.map(({ id }) => run.store.readAll(storeKeyOf(id), { signal: run.signal }))),
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
    const finished = await within(run.span.child('convert'), codeOf(run.signal), () =>
      finishMedia(run, bytes),
    );
    const stored = await storeBytes(run, run.claimed.sync_mode ? 'sync' : 'output', finished.bytes);
    files.push({
      ...stored,
      ordinal,
      contentType: finished.contentType,
      width: finished.width,
      height: finished.height,
    });
  }
  const wanted = await persistently(() => recordOutputs(run.db, run.claimed, told, files), run.signal);
  run.span.set({ 'darkroom.outputs': files.length, 'darkroom.cost_usd': toUsd(told.cost) });
  run.notifications.publish('requests', [run.claimed.id]);
  if (wanted) run.notifications.publish('webhooks', ['events']);
}

async function finishMedia(
  run: RoundRun,
  bytes: Buffer,
): Promise<{ bytes: Buffer; contentType: string; width: number | null; height: number | null }> {
  const type = await sniff(bytes);
  if (type.kind === 'video') return { bytes, contentType: type.contentType, width: null, height: null };
  try {
    return await finishOutput(bytes, askedFormat(run.claimed), run.signal);
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
  const attributes = { 'darkroom.file.kind': kind, 'darkroom.file.bytes': bytes.length };
  return within(run.span.child('store', { attributes }), codeOf(run.signal), async () => {
    const id = await persistently(() => announceFile(run.db, run.claimed.account_id, kind), run.signal);
    const stored = await persistently(
      () => run.store.write(storeKeyOf(id), bytes, { signal: run.signal }),
      run.signal,
      (error) => {
        if (!isUnavailable(error)) run.log.error({ err: error, file: id }, 'an output cannot be stored yet');
        return true;
      },
    );
    return { id, ...stored };
  });
}
