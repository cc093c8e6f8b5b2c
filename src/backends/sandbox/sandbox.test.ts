import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  BackendError,
  type OutputFormat,
  type Resolution,
  type Round,
  type RoundContext,
} from '../backend.ts';
import { ASPECT_RATIOS, sizeFor } from '../sizes.ts';
import { createSandboxBackend } from './sandbox.ts';
import { context, gradientInput, round } from './test-round.ts';

const sandbox = createSandboxBackend({ delayMs: 0 });
const FORMATS: readonly OutputFormat[] = ['png', 'jpeg', 'webp'];

async function pictureOf(changes: Partial<Round> = {}): Promise<Buffer> {
  const { outputs } = await sandbox.generate(round(changes), context());
  return outputs[0]!.bytes;
}

async function failureOf(changes: Partial<Round>, given: Partial<RoundContext> = {}, backend = sandbox) {
  const error = await backend.generate(round(changes), context(given)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BackendError);
  return error as BackendError;
}

/** Mean difference of two pictures of one size, of 255. */
async function difference(one: Buffer, other: Buffer): Promise<number> {
  const [first, second] = await Promise.all(
    [one, other].map((bytes) => sharp(bytes).removeAlpha().raw().toBuffer()),
  );
  let sum = 0;
  for (let at = 0; at < first!.length; at++) sum += Math.abs(first![at]! - second![at]!);
  return sum / first!.length;
}

describe('sizes and formats', () => {
  const cases: [Resolution, string][] = [
    ...ASPECT_RATIOS.flatMap((ratio): [Resolution, string][] => [
      ['0.5K', ratio],
      ['1K', ratio],
    ]),
    ['0.5K', 'auto'],
    ['2K', '16:9'],
    ['2K', '3:4'],
    ['4K', '1:1'],
    ['4K', '16:9'],
  ];

  it.each(cases)(
    'at %s a picture of %s has exactly the documented size in every format',
    async (resolution, aspectRatio) => {
      for (const outputFormat of FORMATS) {
        const changes = { resolution, aspectRatio, outputFormat, prompt: 'desert dunes' };
        const { outputs, adjustments } = await sandbox.generate(round(changes), context());
        const { format, width, height } = await sharp(outputs[0]!.bytes).metadata();
        expect({ format, width, height }).toEqual({
          format: outputFormat,
          ...sizeFor(aspectRatio, resolution),
        });
        expect(outputs[0]!.contentType).toBe(`image/${outputFormat}`);
        expect(adjustments).toEqual([]);
      }
    },
  );

  it('a busy picture at 4K stays below 16 MB as PNG', async () => {
    const bytes = await pictureOf({
      resolution: '4K',
      aspectRatio: '16:9',
      prompt: 'portrait of a woman, rainy neon Tokyo',
    });
    expect(bytes.length).toBeLessThan(16_000_000);
  });
});

describe('what a picture depends on', () => {
  it.each(['a boat at sea', 'portrait of a woman in neon rain', 'greenhouse at night'])(
    'the same round of %j gives the same bytes, whatever its try and its id',
    async (prompt) => {
      const first = await pictureOf({ prompt });
      expect(await pictureOf({ prompt, attempt: 3, id: 'another', requestId: 'another' })).toEqual(first);
    },
  );

  it('the seed shown with a picture gives that picture again, from any place among the rounds', async () => {
    expect(await pictureOf({ seed: 45, index: 3 })).toEqual(await pictureOf({ seed: 45, index: 0 }));
  });

  it('another seed, prompt or model varies it', async () => {
    const first = await pictureOf();
    expect(await difference(first, await pictureOf({ seed: 43 }))).toBeGreaterThan(3);
    expect(await difference(first, await pictureOf({ prompt: 'a pine forest' }))).toBeGreaterThan(10);
    expect(await difference(first, await pictureOf({ modelId: 'google/other' }))).toBeGreaterThan(1);
  });

  it('a larger resolution shows the same picture', async () => {
    const small = await pictureOf({ prompt: 'mountains' });
    const large = await sharp(await pictureOf({ prompt: 'mountains', resolution: '1K' }))
      .resize(512, 512)
      .png()
      .toBuffer();
    expect(await difference(small, large)).toBeLessThan(5);
  });

  it('takes any text for a prompt', async () => {
    for (const prompt of ['', '\ud800', '<svg>&"\u0000', '🦊'.repeat(300), '夜'.repeat(2000)]) {
      expect((await sharp(await pictureOf({ prompt })).metadata()).width).toBe(512);
    }
  });
});

describe('outcomes on demand', () => {
  it.each([
    ['blocked', 'content_blocked'],
    ['no_output', 'no_output'],
    ['error', 'invalid_request'],
    ['auth', 'auth'],
    ['unavailable', 'unavailable'],
    ['model_unavailable', 'model_unavailable'],
    ['timeout', 'timeout'],
    ['rate_limited', 'rate_limited'],
  ])('[[sandbox:%s]] fails as %s', async (word, kind) => {
    expect((await failureOf({ prompt: `a boat [[sandbox:${word}]]`, attempt: 7 })).kind).toBe(kind);
  });

  it.each([
    ['rate_limited', 2],
    ['unavailable', 1],
  ])('[[sandbox:%s=%i]] fails so often and then goes well', async (word, tries) => {
    const prompt = `a boat [[sandbox:${word}=${tries}]]`;
    for (let attempt = 0; attempt < tries; attempt++) {
      expect((await failureOf({ prompt, attempt })).kind).toBe(word);
    }
    await expect(pictureOf({ prompt, attempt: tries })).resolves.toEqual(
      await pictureOf({ prompt: 'a boat' }),
    );
  });

  it('a rate limit says when to come back', async () => {
    expect((await failureOf({ prompt: '[[sandbox:rate_limited]]' })).retryAfterMs).toBe(200);
  });

  it('[[sandbox:partial=1]] lets the first round succeed and refuses the others', async () => {
    const prompt = '[[sandbox:partial=1]] a boat';
    await expect(pictureOf({ prompt, index: 0 })).resolves.toBeInstanceOf(Buffer);
    expect((await failureOf({ prompt, index: 1 })).kind).toBe('content_blocked');
  });

  it('[[sandbox:images=3]] gives three different images in one round', async () => {
    const { outputs } = await sandbox.generate(round({ prompt: 'a boat [[sandbox:images=3]]' }), context());
    expect(new Set(outputs.map(({ bytes }) => bytes.toString('base64'))).size).toBe(3);
  });

  it('says which markers it did not understand', async () => {
    const { adjustments } = await sandbox.generate(
      round({ prompt: 'a boat [[sandbox:explode, images=1]]' }),
      context(),
    );
    expect(adjustments).toEqual(['[[sandbox:explode]] was not understood and left out']);
  });

  it('[[sandbox:slow=…]] takes so long instead of the usual delay', async () => {
    const never = createSandboxBackend({ delayMs: 3_600_000 });
    const started = performance.now();
    await never.generate(round({ prompt: 'x [[sandbox:slow=60]]' }), context());
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
  });
});

describe('progress and stopping', () => {
  it('reports its progress in ten steps, rising to the whole', async () => {
    const seen: number[] = [];
    const quick = createSandboxBackend({ delayMs: 20 });
    await quick.generate(round(), context({ reportProgress: (fraction) => seen.push(fraction) }));
    expect(seen).toHaveLength(11);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(seen.at(-1)).toBe(1);
  });

  it('stops at once when it is told to while it waits', async () => {
    const stop = new AbortController();
    const slow = createSandboxBackend({ delayMs: 1000 });
    const reportProgress = () => stop.abort();
    expect((await failureOf({}, { signal: stop.signal, reportProgress }, slow)).kind).toBe('cancelled');
  });

  it('[[sandbox:hang]] never answers until it is told to stop', async () => {
    const stop = new AbortController();
    const failing = failureOf({ prompt: '[[sandbox:hang]]' }, { signal: stop.signal });
    const first = await Promise.race([
      failing,
      new Promise((resolve) => setTimeout(resolve, 30, 'still waiting')),
    ]);
    expect(first).toBe('still waiting');
    stop.abort();
    expect((await failing).kind).toBe('cancelled');
  });

  it('does not wait for a picture that nobody wants any more', async () => {
    const stop = new AbortController();
    const failing = failureOf({ resolution: '4K', prompt: 'greenhouse' }, { signal: stop.signal });
    await new Promise((resolve) => setImmediate(resolve));
    const started = performance.now();
    stop.abort();
    expect((await failing).kind).toBe('cancelled');
    expect(performance.now() - started).toBeLessThan(100);
  });

  it('refuses before it begins when it was already told to stop', async () => {
    expect((await failureOf({}, { signal: AbortSignal.abort() })).kind).toBe('cancelled');
  });

  it('lets the process do other things while it draws', async () => {
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    const started = performance.now();
    await pictureOf({ resolution: '4K', aspectRatio: '16:9', prompt: 'neon street at night in the rain' });
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan((performance.now() - started) / 5 / 4);
  });

  it('runs every picture where it is told to', async () => {
    let works = 0;
    const bounded = createSandboxBackend({
      delayMs: 0,
      runImageWork: (work) => {
        works++;
        return work();
      },
    });
    await bounded.generate(round({ prompt: '[[sandbox:images=2]]' }), context());
    expect(works).toBe(2);
  });
});

it('says what it can do', () => {
  expect(sandbox.capabilities('anything')).toMatchObject({
    maxInputImages: 20,
    seed: 'exact',
    reportsProgress: true,
  });
});

it('an edit of bytes that are no image fails as a request that is wrong', async () => {
  const broken = { ...(await gradientInput(8, 8)), bytes: Buffer.from('no image') };
  expect((await failureOf({ images: [broken] })).kind).toBe('invalid_request');
});
