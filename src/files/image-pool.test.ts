import { monitorEventLoopDelay } from 'node:perf_hooks';
import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { finishOutput } from './image-output.ts';
import { configureImagePool, inImagePool } from './image-pool.ts';

beforeEach(() => {
  configureImagePool({ imagesAtOnce: 2 });
});

/** Work that goes on until it is told to end, and notes when it began. */
function steps() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  function work(name: string): () => Promise<string> {
    const end = Promise.withResolvers<string>();
    ends.set(name, end);
    return () => {
      begun.push(name);
      return end.promise;
    };
  }
  return {
    begun,
    work,
    finish: (name: string) => ends.get(name)?.resolve(name),
    fail: (name: string) => ends.get(name)?.reject(new Error(name)),
  };
}

describe('no more images are worked at once than configured', () => {
  test('and the others follow in the order they came', async () => {
    const { begun, work, finish } = steps();
    const done = ['a', 'b', 'c', 'd'].map((name) => inImagePool(work(name)));
    await Promise.resolve();
    expect(begun).toEqual(['a', 'b']);
    finish('b');
    await done[1];
    await expect.poll(() => begun).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd']) finish(name);
    expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('and work that fails makes room like any other', async () => {
    const { begun, work, finish, fail } = steps();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => inImagePool(work(name)));
    fail('a');
    await expect(a).rejects.toThrow('a');
    await expect.poll(() => begun).toContain('c');
    finish('b');
    finish('c');
    expect(await Promise.all([b, c])).toEqual(['b', 'c']);
  });
});

describe('who aborts', () => {
  test('while waiting is let go at once and never worked on', async () => {
    const { begun, work, finish } = steps();
    const abort = new AbortController();
    const running = ['a', 'b'].map((name) => inImagePool(work(name)));
    const waiting = inImagePool(work('c'), abort.signal);
    const behind = inImagePool(work('d'));
    abort.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    for (const name of ['a', 'b', 'd']) finish(name);
    await Promise.all([...running, behind]);
    expect(begun).toEqual(['a', 'b', 'd']);
  });

  test('while being worked on is let go at once, but the place is taken until the work is done', async () => {
    const { begun, work, finish } = steps();
    const abort = new AbortController();
    const aborted = inImagePool(work('a'), abort.signal);
    const other = inImagePool(work('b'));
    const waiting = inImagePool(work('c'));
    await Promise.resolve();
    abort.abort(new Error('cancelled'));
    await expect(aborted).rejects.toThrow('cancelled');
    expect(begun).toEqual(['a', 'b']);
    finish('a');
    await expect.poll(() => begun).toEqual(['a', 'b', 'c']);
    finish('b');
    finish('c');
    await Promise.all([other, waiting]);
  });

  test('before asking causes no work', async () => {
    const { begun, work } = steps();
    await expect(inImagePool(work('a'), AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
    expect(begun).toEqual([]);
  });
});

test('sharp is left one thread an image and no cache', () => {
  expect(sharp.concurrency()).toBe(1);
  expect(sharp.cache()).toMatchObject({ memory: { max: 0 }, files: { max: 0 }, items: { max: 0 } });
});

test('the event loop stays free while 4K images are written', async () => {
  const scene = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="4096" height="4096"><radialGradient id="g"><stop stop-color="navy"/><stop offset="1" stop-color="gold"/></radialGradient><rect width="4096" height="4096" fill="url(#g)"/></svg>',
  );
  const image = await sharp(scene).jpeg().toBuffer();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const finished = await Promise.all([
    finishOutput(image, 'png'),
    finishOutput(image, 'webp'),
    finishOutput(image, 'png'),
    finishOutput(image, 'webp'),
  ]);
  delay.disable();
  expect(finished.map(({ width }) => width)).toEqual([4096, 4096, 4096, 4096]);
  expect(delay.count).toBeGreaterThan(20);
  expect(delay.max / 1e6).toBeLessThan(100);
});
