/** The OpenAI backend against a server that is as strict as the real one. */
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../src/backends/backend.ts';
import { createOpenAiBackend, type OpenAiOptions } from '../src/backends/openai/openai.ts';
import { type FakeOpenAi, type Fault, startFakeOpenAi } from './fakes/openai.ts';
import { apiError } from './fakes/openai-rules.ts';
import { testContext, testInput, testRound } from './support/rounds.ts';

let fake: FakeOpenAi;
let backend: Backend;
beforeEach(async () => {
  fake = await startFakeOpenAi({ key: 'sk-right' });
  backend = connect();
});
afterEach(() => fake[Symbol.asyncDispose]());

const connect = (options: Partial<OpenAiOptions> = {}): Backend =>
  createOpenAiBackend({ baseUrl: fake.url, apiKey: 'sk-right', firstWaitMs: 1, ...options });
const lastFields = () => fake.attempts().at(-1)!.fields;
const metadataOf = async (bytes: Buffer) => {
  const { format, width, height } = await sharp(bytes).metadata();
  return [format, width, height];
};

describe('a round', () => {
  test('becomes a generation with what the model takes and nothing else', async () => {
    const parameters = { quality: 'high', background: 'opaque', num_images: 4, enable_web_search: true };
    const { outputs, adjustments } = await backend.generate(
      testRound({ aspectRatio: '16:9', resolution: '2K', outputFormat: 'webp', parameters }),
      testContext(),
    );
    expect(lastFields()).toEqual({
      model: 'gpt-image-2',
      prompt: 'a boat on the sea',
      n: 1,
      size: '2752x1536',
      quality: 'high',
      background: 'opaque',
      output_format: 'webp',
    });
    expect(outputs[0]!.contentType).toBe('image/webp');
    expect(await metadataOf(outputs[0]!.bytes)).toEqual(['webp', 2752, 1536]);
    expect(adjustments).toEqual([]);
  });

  test('with input images becomes an edit that sends them in their order', async () => {
    const images = [await testInput(10, 10), await testInput(20, 10)];
    await backend.generate(testRound({ images, aspectRatio: 'auto' }), testContext());
    const call = fake.attempts().at(-1)!;
    expect([call.path, call.fields.size, call.fields.n]).toEqual(['/v1/images/edits', 'auto', '1']);
    // Told beforehand: not every server takes a body in chunks.
    expect(Number(call.headers['content-length'])).toBeGreaterThan(0);
    expect(call.files.map(({ field, name, contentType }) => [field, name, contentType])).toEqual([
      ['image[]', 'input-1.png', 'image/png'],
      ['image[]', 'input-2.png', 'image/png'],
    ]);
    expect(call.files.map(({ bytes }) => bytes)).toEqual(images.map(({ bytes }) => bytes));
  });

  test('costs what its tokens cost', async () => {
    const { costUsd } = await backend.generate(
      testRound({ parameters: { quality: 'medium' } }),
      testContext(),
    );
    // 1756 tokens for the image and 5 for the prompt.
    expect(costUsd).toBeCloseTo((1756 * 30 + 5 * 5) / 1e6, 9);
  });

  test('with more input images than the model takes is refused before anything is spent', async () => {
    const images = Array.from({ length: 17 }, () => ({ ...IMAGE }));
    await expect(backend.generate(testRound({ images }), testContext())).rejects.toMatchObject({
      kind: 'invalid_request',
      message: 'This model takes at most 16 input images, and there are 17.',
    });
    const round = testRound({ images: images.slice(0, 1), upstreamModel: 'dall-e-3' });
    await expect(backend.generate(round, testContext())).rejects.toThrow(/takes no input images/);
    expect(fake.attempts()).toEqual([]);
  });
});

const IMAGE = { bytes: Buffer.alloc(1), contentType: 'image/png', width: 1, height: 1 } as const;

describe('what is done other than asked is told:', () => {
  const adjustmentsOf = async (changes: Parameters<typeof testRound>[0]) =>
    (await backend.generate(testRound(changes), testContext())).adjustments;

  test('a size that the model does not have', async () => {
    expect(await adjustmentsOf({ resolution: '4K' })).toEqual([
      'rendered at 2880×2880 instead of 4096×4096: this model has no such size',
    ]);
    expect(await adjustmentsOf({ upstreamModel: 'gpt-image-1.5', aspectRatio: '16:9' })).toEqual([
      'rendered at 1536×1024 instead of 1376×768: this model has no such size',
    ]);
  });

  test('a size smaller than the model has, which it is scaled down to', async () => {
    const { outputs, adjustments } = await backend.generate(testRound({ resolution: '0.5K' }), testContext());
    expect(await metadataOf(outputs[0]!.bytes)).toEqual(['png', 512, 512]);
    expect(adjustments).toEqual([
      'rendered at 816×816 and scaled down to 512×512: this model has no such size',
    ]);
  });

  test('a server that does not do as it is told', async () => {
    await using stubborn = await startFakeOpenAi({ alwaysSize: { width: 640, height: 480 } });
    const { adjustments } = await connect({ baseUrl: stubborn.url }).generate(testRound(), testContext());
    expect(adjustments).toEqual(['rendered at 640×480 instead of 1024×1024: the image service chose so']);
  });

  test('a seed, which this API has no place for', async () => {
    expect(await adjustmentsOf({ parameters: { seed: 0 } })).toEqual([
      'the seed was not used: this image service takes none',
    ]);
    expect(backend.capabilities('gpt-image-2')).toMatchObject({
      seed: 'none',
      maxInputImages: 16,
      tellsCost: true,
    });
  });

  test('a quality that the model does not know', async () => {
    expect(await adjustmentsOf({ parameters: { quality: 'max' } })).toEqual([
      'quality max was not used: this model does not take it',
    ]);
    expect(lastFields()).not.toHaveProperty('quality');
    expect(
      await adjustmentsOf({ upstreamModel: 'gpt-image-2.5-flare', parameters: { quality: 'max' } }),
    ).toEqual([]);
  });
});

test('a picture that comes by URL is fetched, and fetched again when that fails', async () => {
  fake.failNext({ byUrl: { failures: 2 } });
  const { outputs, description } = await backend.generate(testRound(), testContext());
  expect(await metadataOf(outputs[0]!.bytes)).toEqual(['png', 1024, 1024]);
  expect(description).toBe('as it was understood');
  expect([fake.paid, fake.attempts().length]).toEqual([1, 1]);
});

test('a picture that cannot be fetched is not made a second time', async () => {
  fake.failNext({ byUrl: { failures: 3 } });
  await expect(backend.generate(testRound(), testContext())).rejects.toMatchObject({
    kind: 'unavailable',
    spent: true,
  });
});

test('of other servers only https URLs are fetched, and never with our key', async () => {
  await using other = await startFakeOpenAi();
  fake.failNext(
    { byUrl: { address: `${new URL(other.url).origin}/secret` } },
    { byUrl: { address: 'file:///etc/passwd' } },
  );
  for (let call = 0; call < 2; call++)
    await expect(backend.generate(testRound(), testContext())).rejects.toMatchObject({ kind: 'unavailable' });
  expect(other.calls).toEqual([]);
});

const quota = apiError('insufficient_quota', 'You exceeded your current quota', null, 'insufficient_quota');
const FAILURES: [string, Fault, object][] = [
  ['a 401', { answer: { status: 401 } }, { kind: 'auth' }],
  ['a 403', { answer: { status: 403 } }, { kind: 'auth' }],
  [
    'a 404',
    { answer: { status: 404, body: apiError('model_not_found', 'no') } },
    { kind: 'model_unavailable' },
  ],
  [
    'a 400',
    { answer: { status: 400, body: apiError('invalid_value', 'no', 'size') } },
    { kind: 'invalid_request' },
  ],
  [
    'a blocked prompt',
    { answer: { status: 400, body: apiError('moderation_blocked', 'no') } },
    { kind: 'content_blocked' },
  ],
  [
    'a blocked prompt at a gateway',
    { answer: { status: 400, body: apiError('content_policy_violation', 'no') } },
    { kind: 'content_blocked' },
  ],
  [
    'a 429',
    { answer: { status: 429, headers: { 'retry-after': '3' } } },
    { kind: 'rate_limited', retryAfterMs: 3000, exhausted: false },
  ],
  ['a spent quota', { answer: { status: 429, body: quota } }, { kind: 'rate_limited', exhausted: true }],
  ['a 500', { answer: { status: 500 } }, { kind: 'unavailable', spent: false }],
  [
    'a 503',
    { answer: { status: 503, headers: { 'retry-after': '1' } } },
    { kind: 'unavailable', retryAfterMs: 1000 },
  ],
  ['a reset', 'reset', { kind: 'unavailable', spent: false }],
  ['a reset in the middle of the picture', 'reset-mid-body', { kind: 'unavailable', spent: true }],
  ['a 200 without a picture', 'empty', { kind: 'no_output' }],
  ['a 200 that is no JSON', 'not-json', { kind: 'unavailable', spent: true }],
  ['an answer of 200 MB', 'huge', { kind: 'unavailable', spent: true }],
];

describe('a failure has its kind:', () => {
  test.each(FAILURES)('%s', async (_, fault, expected) => {
    fake.failNext(fault);
    await expect(backend.generate(testRound(), testContext())).rejects.toMatchObject({
      name: 'BackendError',
      ...expected,
    });
    expect(fake.attempts()).toHaveLength(1);
  });

  test('a server that accepts and never answers', async () => {
    fake.failNext('silence');
    await expect(connect({ timeoutMs: 100 }).generate(testRound(), testContext())).rejects.toMatchObject({
      kind: 'timeout',
    });
  });

  test('a server that is not there', async () => {
    await fake[Symbol.asyncDispose]();
    await expect(backend.generate(testRound(), testContext())).rejects.toMatchObject({ kind: 'unavailable' });
    fake = await startFakeOpenAi();
  });

  test('a caller that stops waiting', async () => {
    const stop = new AbortController();
    fake.failNext('silence');
    const waiting = backend.generate(testRound(), testContext({ signal: stop.signal }));
    waiting.catch(() => {});
    await expect.poll(() => fake.attempts().length).toBe(1);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('an answer of 200 MB is not read to its end', async () => {
    const before = process.memoryUsage().arrayBuffers;
    fake.failNext('huge');
    await expect(connect({ maxAnswerBytes: 2_000_000 }).generate(testRound(), testContext())).rejects.toThrow(
      'The image service sent more than is accepted.',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  });
});

describe('a look at the server', () => {
  const look = (instance = backend) => instance.health!(new AbortController().signal);

  test('lists its models and spends nothing', async () => {
    const health = await look();
    expect(health).toMatchObject({ reachable: true });
    expect(health.upstreamModels).toContain('gpt-image-2');
    expect(fake.paid).toBe(0);
  });

  test('says what is wrong and what to do', async () => {
    const wrongKey = await look(connect({ apiKey: 'sk-wrong' }));
    expect(wrongKey).toMatchObject({
      reachable: false,
      message: expect.stringContaining('check OPENAI_API_KEY'),
    });
    await fake[Symbol.asyncDispose]();
    expect(await look()).toMatchObject({
      reachable: false,
      message: expect.stringContaining('Nothing answers at'),
    });
    fake = await startFakeOpenAi();
  });
});
