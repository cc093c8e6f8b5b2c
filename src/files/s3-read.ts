/** Bytes out of a bucket, as one stream although connections break: it goes on where the last one ended. */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './s3-client.ts';
import { inStoreWords } from './s3-errors.ts';
import { type ByteRange, checkRange, type ReadOptions, type StoreKey, StoreUnavailable } from './store.ts';

/** In a row, without a byte between them. */
const MAX_FAILURES = 3;
const FIRST_DELAY_MS = 100;

interface Opened {
  body: Readable;
  /** How many of them are wanted. */
  bytes: number;
  etag: string | undefined;
}

/** See `FileStore.read`. */
export async function readObject(
  bucket: Bucket,
  key: StoreKey,
  { range, signal }: ReadOptions = {},
): Promise<Readable> {
  if (range) checkRange(range);
  const closed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal;
  const first = await open(bucket, key, range, undefined, stop);
  const from = range?.start ?? 0;
  const goOn = (done: number): Promise<Opened> => {
    const rest = { start: from + done, end: from + first.bytes - 1 };
    return open(bucket, key, rest, first.etag, stop);
  };
  const stream = Readable.from(bytesOf(first, goOn, stop), { objectMode: false });
  // Who leaves early leaves the connection as well.
  stream.once('close', () => {
    if (!stream.readableEnded) closed.abort();
  });
  return stream;
}

async function open(
  bucket: Bucket,
  key: StoreKey,
  range: ByteRange | undefined,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<Opened> {
  const command = new GetObjectCommand({
    ...bucket.objectOf(key),
    ...(range && { Range: `bytes=${range.start}-${range.end}` }),
    ...(etag !== undefined && { IfMatch: etag }),
  });
  const answer = await inStoreWords(bucket.client.send(command, { abortSignal: signal }), signal);
  const body = answer.Body as Readable;
  const { ContentLength, ContentRange, ETag } = answer;
  // Whoever reads it is told; before that, one that breaks off would end the process.
  body.on('error', () => {});
  if (ContentLength === undefined || (range && !ContentRange?.startsWith(`bytes ${range.start}-`))) {
    body.destroy();
    throw new StoreUnavailable('the bucket does not say which bytes it gives');
  }
  const asked = range ? range.end - range.start + 1 : Number.POSITIVE_INFINITY;
  return { body, bytes: Math.min(ContentLength, asked), etag: ETag };
}

async function* bytesOf(
  first: Opened,
  goOn: (done: number) => Promise<Opened>,
  stop: AbortSignal,
): AsyncGenerator<Buffer> {
  let { body } = first;
  let done = 0;
  let failures = 0;
  try {
    for (;;) {
      for await (const chunk of untilFailure(body)) {
        failures = 0;
        // Whoever waits for so many bytes must not be given more.
        const wanted = chunk.subarray(0, first.bytes - done);
        done += wanted.length;
        yield wanted;
        if (wanted.length < chunk.length) return;
      }
      if (done >= first.bytes) return;
      stop.throwIfAborted();
      const cause = body.errored ?? new Error(`${done} bytes of ${first.bytes}`);
      if (++failures > MAX_FAILURES) throw new StoreUnavailable('the bucket breaks off', { cause });
      await sleep(FIRST_DELAY_MS * 2 ** (failures - 1), undefined, { signal: stop });
      ({ body } = await goOn(done));
    }
  } finally {
    body.destroy();
  }
}

/** What comes of a stream. It ends where the stream fails, which the stream itself then tells. */
async function* untilFailure(body: Readable): AsyncGenerator<Buffer> {
  const chunks: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch(() => undefined);
    if (!next || next.done) return;
    yield next.value;
  }
}
