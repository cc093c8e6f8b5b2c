/**
 * Bytes into a bucket: in one call where they are few; otherwise in parts, some at a time, of which the bucket makes one
 * object. What is held in memory is those parts, however large the file. The package's own upload was left: when a part
 * fails, it goes on reading the source, and it does not wait for the parts that it gives up.
 */
import { createHash, type Hash } from 'node:crypto';
import { addAbortSignal, type Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { unlessAborted } from '../lib/unless-aborted.ts';
import type { Bucket } from './s3-client.ts';
import { inStoreWords } from './s3-errors.ts';
import { FileTooLarge, type StoredBytes, type StoreKey } from './store.ts';

const PART_BYTES = 8 * 2 ** 20;
const PARTS_AT_ONCE = 2;
/** Hashing more than this at once would hold up the event loop for too long. */
const SLICE_BYTES = 2 ** 20;
const GIVE_UP_TIMEOUT_MS = 5000;

interface Part {
  bytes: Buffer;
  isLast: boolean;
}

/** See `FileStore.write`. */
export async function writeObject(
  bucket: Bucket,
  key: StoreKey,
  source: Buffer | Readable,
  { maxBytes = Number.POSITIVE_INFINITY, signal }: { maxBytes?: number; signal?: AbortSignal } = {},
): Promise<StoredBytes> {
  const failing = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  try {
    stop.throwIfAborted();
    if (!Buffer.isBuffer(source)) addAbortSignal(stop, source);
    const parts = Buffer.isBuffer(source) ? slicesOf(source, maxBytes) : partsOf(source, maxBytes);
    const writing = { bucket, key, stop, fail: (error: unknown) => failing.abort(error) };
    const first: Part = (await parts.next()).value!;
    return await (first.isLast ? writeAtOnce(writing, first) : writeInParts(writing, first, parts));
  } catch (error) {
    if (!Buffer.isBuffer(source)) source.destroy();
    // Stopped by us, a source ends with an error that says only this.
    stop.throwIfAborted();
    throw error;
  }
}

interface Writing {
  bucket: Bucket;
  key: StoreKey;
  stop: AbortSignal;
  /** Stops everything. */
  fail(error: unknown): void;
}

async function writeAtOnce({ bucket, key, stop }: Writing, { bytes }: Part): Promise<StoredBytes> {
  const sha256 = await hashOf(bytes);
  const command = new PutObjectCommand({ ...bucket.objectOf(key), Body: bytes });
  await inStoreWords(bucket.client.send(hashed(command, sha256), { abortSignal: stop }), stop);
  return { bytes: bytes.length, sha256 };
}

async function writeInParts(writing: Writing, first: Part, rest: AsyncGenerator<Part>): Promise<StoredBytes> {
  const { bucket, stop, fail } = writing;
  const options = { abortSignal: stop };
  const upload = await begin(writing);
  const whole = createHash('sha256');
  const sent: CompletedPart[] = [];
  const sending = new Set<Promise<void>>();
  let bytes = 0;

  async function send(PartNumber: number, body: Buffer, sha256: string): Promise<void> {
    const command = hashed(new UploadPartCommand({ ...upload, PartNumber, Body: body }), sha256);
    const { ETag } = await inStoreWords(bucket.client.send(command, options), stop);
    sent.push({ PartNumber, ETag });
  }

  try {
    for (let part = first, number = 1; ; part = (await rest.next()).value, number++) {
      const sha256 = await hashOf(part.bytes, whole);
      bytes += part.bytes.length;
      const one = send(number, part.bytes, sha256)
        .catch(fail)
        .finally(() => sending.delete(one));
      sending.add(one);
      if (part.isLast) break;
      if (sending.size >= PARTS_AT_ONCE) await Promise.race(sending);
      stop.throwIfAborted();
    }
    await Promise.all(sending);
    stop.throwIfAborted();
    const Parts = sent.toSorted((a, b) => a.PartNumber! - b.PartNumber!);
    const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
    await inStoreWords(bucket.client.send(command, options), stop);
    return { bytes, sha256: whole.digest('hex') };
  } catch (error) {
    fail(error);
    // A part that arrives after they were given up would stay.
    await Promise.all(sending);
    await giveUp(bucket, upload);
    throw error;
  }
}

interface Upload {
  Bucket: string;
  Key: string;
  UploadId: string | undefined;
}

async function begin({ bucket, key, stop }: Writing): Promise<Upload> {
  const object = bucket.objectOf(key);
  // Is not stopped with the rest: what it has begun could not be given up without its name.
  const beginning = inStoreWords(bucket.client.send(new CreateMultipartUploadCommand(object))).then(
    ({ UploadId }) => ({ ...object, UploadId }),
  );
  try {
    return await unlessAborted(beginning, stop);
  } catch (error) {
    beginning.then((upload) => giveUp(bucket, upload)).catch(() => {});
    throw error;
  }
}

/** A courtesy: a rule of the bucket ends what is left of them. */
async function giveUp({ client }: Bucket, upload: Upload): Promise<void> {
  const options = { abortSignal: AbortSignal.timeout(GIVE_UP_TIMEOUT_MS) };
  await client.send(new AbortMultipartUploadCommand(upload), options).catch(() => {});
}

/** Hexadecimal. `whole` gets the bytes as well. */
async function hashOf(bytes: Buffer, whole?: Hash): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    const slice = bytes.subarray(at, at + SLICE_BYTES);
    hash.update(slice);
    whole?.update(slice);
    if (slice.length === SLICE_BYTES) await turn();
  }
  return hash.digest('hex');
}

/** With the hash of its body, which the signature covers, so that the package need not make it once more and in one go. */
function hashed<Command extends PutObjectCommand | UploadPartCommand>(
  command: Command,
  sha256: string,
): Command {
  // The two differ in what they take and give, which is none of this one's business.
  (command as PutObjectCommand).middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'knownHash' },
  );
  return command;
}

async function* slicesOf(source: Buffer, maxBytes: number): AsyncGenerator<Part> {
  if (source.length > maxBytes) throw new FileTooLarge(maxBytes);
  let at = 0;
  for (; source.length - at > PART_BYTES; at += PART_BYTES)
    yield { bytes: source.subarray(at, at + PART_BYTES), isLast: false };
  yield { bytes: source.subarray(at), isLast: true };
}

/** Parts are all of one size but the last, which may be empty only where all is. */
async function* partsOf(source: Readable, maxBytes: number): AsyncGenerator<Part> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let bytes = 0;
  for await (const piece of source) {
    const chunk = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
    bytes += chunk.length;
    if (bytes > maxBytes) throw new FileTooLarge(maxBytes);
    held.push(chunk);
    heldBytes += chunk.length;
    while (heldBytes > PART_BYTES) {
      const all = Buffer.concat(held, heldBytes);
      // A copy, since a part of the memory would keep all of it.
      held = [Buffer.from(all.subarray(PART_BYTES))];
      heldBytes -= PART_BYTES;
      yield { bytes: all.subarray(0, PART_BYTES), isLast: false };
    }
  }
  yield { bytes: Buffer.concat(held, heldBytes), isLast: true };
}
