/** A request's input images: fetched once, kept until the request ends, upright and without metadata. */
import type { Logger } from 'pino';
import type { InputImage } from '../backends/backend.ts';
import type { Database } from '../db/database.ts';
import { RequestFailure } from '../errors.ts';
import {
  announceFile,
  describeFile,
  type FileRow,
  findServedFile,
  readFetchedInputs,
  storeKeyOf,
} from '../files/file-records.ts';
import { fileIdOfUrl } from '../files/file-urls.ts';
import { normaliseInputImage } from '../files/image-input.ts';
import { InputError } from '../files/input-error.ts';
import type { SafeFetch } from '../files/safe-fetch.ts';
import { FileMissing, type FileStore } from '../files/store.ts';
import { logFields, type Span, within } from '../tracing/span.ts';
import type { ClaimedRequest } from './claim.ts';
import { persistently } from './persistently.ts';
import { codeOf } from './trace.ts';

export const MAX_INPUT_IMAGE_BYTES = 50 * 2 ** 20;
/** All inputs of one request together: they are in memory while its rounds run. */
const MAX_INPUT_BYTES = 256 * 2 ** 20;

export interface InputSources {
  db: Database;
  store: FileStore;
  safeFetch: SafeFetch;
  log: Logger;
}

const CODES = {
  unreachable: 'input_unreachable',
  too_large: 'input_too_large',
  invalid: 'input_invalid',
} as const;

/**
 * All of `image_urls`, in order.
 * @throws {RequestFailure} naming the URL that cannot be used; the signal's reason.
 */
export async function gatherInputs(
  sources: InputSources,
  claimed: ClaimedRequest,
  span: Span,
  signal: AbortSignal,
): Promise<InputImage[]> {
  const urls = (claimed.input.image_urls as string[] | undefined) ?? [];
  if (urls.length === 0) return [];
  const ofAll = span.child('inputs', { attributes: { 'darkroom.inputs': urls.length } });
  return within(ofAll, codeOf(signal), () => gatherAll(sources, claimed, urls, ofAll, signal));
}

async function gatherAll(
  sources: InputSources,
  claimed: ClaimedRequest,
  urls: string[],
  span: Span,
  signal: AbortSignal,
): Promise<InputImage[]> {
  const fetchedBefore = claimed.resumed
    ? await persistently(() => readFetchedInputs(sources.db, claimed.id), signal)
    : [];
  const images: InputImage[] = [];
  let totalBytes = 0;
  // One after the other: twenty inputs of 50 MB at once would be a gigabyte for one request.
  for (const [index, url] of urls.entries()) {
    try {
      const ofOne = span.child('input', { kind: 'client', attributes: { 'darkroom.input.index': index } });
      const bytes = await within(ofOne, codeOfInput(signal), async () => {
        const read = await readInput(sources, claimed, url, index, fetchedBefore, signal);
        ofOne.set({ 'darkroom.input.bytes': read.length });
        return read;
      });
      totalBytes += bytes.length;
      if (totalBytes > MAX_INPUT_BYTES)
        throw new InputError(
          'too_large',
          `and those before it are together larger than ${MAX_INPUT_BYTES / 2 ** 20} MB`,
        );
      images.push(await normaliseInputImage(bytes, { signal }));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new RequestFailure(CODES[error.reason], `image_urls[${index}] ${error.message}`, {
        cause: error,
      });
    }
  }
  return images;
}

const codeOfInput = (signal: AbortSignal) => (error: unknown) =>
  error instanceof InputError && !signal.aborted ? CODES[error.reason] : codeOf(signal)(error);

async function readInput(
  sources: InputSources,
  claimed: ClaimedRequest,
  url: string,
  index: number,
  fetchedBefore: FileRow[],
  signal: AbortSignal,
): Promise<Buffer> {
  const ownId = fileIdOfUrl(url);
  if (ownId) return await persistently(() => readOwnFile(sources, ownId, signal), signal);
  const kept = fetchedBefore.find(({ ordinal }) => ordinal === index);
  if (kept) return await persistently(() => sources.store.readAll(storeKeyOf(kept.id), { signal }), signal);
  const { bytes } = await sources.safeFetch.fetchBytes(url, {
    maxBytes: MAX_INPUT_IMAGE_BYTES,
    signal,
  });
  // Only so that a later run need not fetch it again: this one goes on without.
  await keepFetched(sources, claimed, index, bytes, signal).catch((error) =>
    sources.log.warn(
      { err: error, request_id: claimed.id, ...logFields(claimed.trace) },
      'a fetched input could not be kept',
    ),
  );
  return bytes;
}

async function keepFetched(
  { db, store }: InputSources,
  claimed: ClaimedRequest,
  index: number,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const fileId = await announceFile(db, claimed.account_id, 'fetched');
  const stored = await store.write(storeKeyOf(fileId), bytes, { signal });
  // It still expires by itself, should the end of the request be missed.
  await describeFile(
    db,
    fileId,
    { contentType: 'application/octet-stream', ...stored, ordinal: index, requestId: claimed.id },
    false,
  );
}

async function readOwnFile(
  { db, store }: InputSources,
  fileId: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const file = await findServedFile(db, fileId);
  if (!file) throw new InputError('unreachable', 'names a file that is not there, or no longer');
  try {
    return await store.readAll(storeKeyOf(fileId), { signal });
  } catch (error) {
    if (error instanceof FileMissing)
      throw new InputError('unreachable', 'names a file that is not there, or no longer', { cause: error });
    throw error;
  }
}
