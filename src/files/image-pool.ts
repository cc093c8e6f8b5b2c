/**
 * Bounds how many images are worked at once. sharp works on the threads that also read files and look up names, and a
 * 4K image takes some 100 MB: unbounded, a burst of images would stop everything else. One pool a process, as sharp's
 * own settings are.
 */
import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import { unlessAborted } from '../lib/unless-aborted.ts';

const FEWEST_AT_ONCE = 2;
/** What Node starts without UV_THREADPOOL_SIZE. */
const THREADS_BY_DEFAULT = 4;
const THREADS_FOR_THE_REST = 2;

interface Pool {
  atOnce: number;
  running: number;
  waiting: (() => void)[];
}

let pool: Pool | undefined;

/** Sets how many images are worked at once; without it, the first image sets one for each core and free thread. */
export function configureImagePool(options: { imagesAtOnce?: number } = {}): void {
  // One thread an image: the images themselves are what runs side by side. The cache only helps who reopens files.
  sharp.concurrency(1);
  sharp.cache(false);
  const atOnce = options.imagesAtOnce ?? fittingAtOnce();
  pool = pool ? Object.assign(pool, { atOnce }) : { atOnce, running: 0, waiting: [] };
}

/**
 * Runs `work` when it is its turn. A caller whose signal aborts is let go at once, waiting or not; work that has begun
 * cannot be stopped and keeps its place until it is done. Must not be nested: it would wait for itself.
 */
export async function inImagePool<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!pool) configureImagePool();
  const entered = pool!;
  await enter(entered, signal);
  const working = work().finally(() => leave(entered));
  return signal ? await unlessAborted(working, signal) : await working;
}

function fittingAtOnce(): number {
  const threads = Number(process.env.UV_THREADPOOL_SIZE) || THREADS_BY_DEFAULT;
  return Math.max(FEWEST_AT_ONCE, Math.min(availableParallelism(), threads - THREADS_FOR_THE_REST));
}

async function enter(entered: Pool, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (entered.running < entered.atOnce) {
    entered.running++;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const giveUp = () => {
      entered.waiting.splice(entered.waiting.indexOf(takeTurn), 1);
      reject(signal?.reason);
    };
    const takeTurn = () => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    };
    entered.waiting.push(takeTurn);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}

/** The place goes straight to who waited longest, so that nobody slips in between. */
function leave(left: Pool): void {
  const next = left.waiting.shift();
  if (next) next();
  else left.running--;
}
