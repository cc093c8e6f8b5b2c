/** stable-diffusion.cpp's own jobs: preferred where the server has them, and found again after a crash. */
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Backend, type Round, WorkHandedOver } from '../src/backends/backend.ts';
import { createOpenAiBackend } from '../src/backends/openai/openai.ts';
import { type FakeOpenAi, startFakeOpenAi } from './fakes/openai.ts';
import { testContext, testInput, testRound } from './support/rounds.ts';

let fake: FakeOpenAi;
let backend: Backend;
beforeEach(async () => {
  fake = await startFakeOpenAi({ mode: 'stable-diffusion.cpp' });
  backend = connect();
});
afterEach(() => fake[Symbol.asyncDispose]());

const connect = () => createOpenAiBackend({ baseUrl: fake.url, firstWaitMs: 1 });
const round = (changes: Partial<Round> = {}) => testRound({ upstreamModel: 'sd-cpp-local', ...changes });
const begun = () => fake.attempts().map(({ fields }) => fields);

test('a round becomes a job, with its seed and its size', async () => {
  const context = testContext();
  const { outputs, adjustments } = await backend.generate(
    round({
      aspectRatio: '16:9',
      outputFormat: 'jpeg',
      parameters: { negative_prompt: 'fog', steps: 4, seed: 42 },
    }),
    context,
  );
  const { format, width, height } = await sharp(outputs[0]!.bytes).metadata();
  expect([format, width, height]).toEqual(['jpeg', 1376, 768]);
  expect(adjustments).toEqual([]);
  expect(begun()).toEqual([
    {
      prompt: 'a boat on the sea',
      negative_prompt: 'fog',
      width: 1376,
      height: 768,
      seed: 42,
      batch_count: 1,
      sample_params: { sample_steps: 4 },
      output_format: 'jpeg',
      embed_image_metadata: false,
    },
  ]);
  expect(context.references).toEqual([
    { kind: 'stable-diffusion.cpp', job: fake.jobs.all()[0]!.id, seed: 42 },
  ]);
  // The server reports none.
  expect(context.fractions).toEqual([]);
});

test('input images are sent as references, the first to start from too', async () => {
  const images = [await testInput(64, 64), await testInput(64, 64)];
  await backend.generate(round({ images }), testContext());
  const [first, second] = images.map(({ bytes }) => bytes.toString('base64'));
  expect(begun()[0]).toMatchObject({ ref_images: [first, second], init_image: first });
});

test('the server is asked once whether it has jobs', async () => {
  await backend.generate(round(), testContext());
  await backend.generate(round(), testContext());
  expect(fake.calls.filter(({ path }) => path === '/sdcpp/v1/capabilities')).toHaveLength(1);
  expect(backend.capabilities('sd-cpp-local').seed).toBe('best-effort');
});

test('a server without jobs is used as any other, with base64 asked for', async () => {
  await using plain = await startFakeOpenAi();
  const other = createOpenAiBackend({ baseUrl: plain.url });
  await expect(other.generate(round(), testContext())).rejects.toMatchObject({ kind: 'invalid_request' });
  expect(plain.attempts()[0]!.fields).toEqual({
    model: 'sd-cpp-local',
    prompt: 'a boat on the sea',
    n: 1,
    size: '1024x1024',
    response_format: 'b64_json',
  });
  expect(plain.calls.filter(({ path }) => path.startsWith('/sdcpp'))).toHaveLength(1);
});

test("it never gives its own picture for one of OpenAI's models", async () => {
  await expect(
    backend.generate(round({ upstreamModel: 'gpt-image-2' }), testContext()),
  ).rejects.toMatchObject({
    kind: 'model_unavailable',
  });
  expect(fake.attempts()).toEqual([]);
});

describe('after a crash', () => {
  /** Begins a job and loses interest, as a process that is killed. */
  async function crashed() {
    fake.jobs.hold();
    const stop = new AbortController();
    const context = testContext({ signal: stop.signal });
    const waiting = backend.generate(round(), context);
    waiting.catch(() => {});
    await expect.poll(() => context.references.length).toBe(1);
    stop.abort(new WorkHandedOver('shutdown'));
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
    fake.jobs.release();
    return context.references[0]!;
  }

  test('the job is found again and not begun twice', async () => {
    const reference = await crashed();
    const { outputs } = await connect().resume!(reference, round({ attempt: 1 }), testContext());
    expect(outputs).toHaveLength(1);
    expect([fake.attempts().length, fake.paid]).toEqual([1, 1]);
  });

  test.each(['unknown', 'expired'] as const)('a job that is %s by then is begun anew', async (how) => {
    const reference = await crashed();
    fake.jobs.forget(how);
    const context = testContext();
    await connect().resume!(reference, round({ attempt: 1 }), context);
    expect([fake.attempts().length, fake.paid]).toEqual([2, 1]);
    expect(context.references).toHaveLength(1);
  });

  test('a job that somebody cancelled is begun anew', async () => {
    const reference = await crashed();
    fake.jobs.cancelAll();
    await connect().resume!(reference, round({ attempt: 1 }), testContext());
    expect(fake.attempts()).toHaveLength(2);
  });

  test('a round that goes on with another seed is other work', async () => {
    const reference = await crashed();
    await connect().resume!(reference, round({ seed: 43 }), testContext());
    expect(begun().map(({ seed }) => seed)).toEqual([42, 43]);
  });

  test("another backend's reference is not taken for a job", async () => {
    await connect().resume!({ prompt_id: 'of another' }, round(), testContext());
    expect(fake.attempts()).toHaveLength(1);
  });
});

test('the job is cancelled where nobody waits for it, and not where another run takes it up', async () => {
  const statusAfterStop = async (reason: Error) => {
    fake.jobs.hold();
    const stop = new AbortController();
    const context = testContext({ signal: stop.signal });
    const waiting = backend.generate(round(), context);
    waiting.catch(() => {});
    await expect.poll(() => context.references.length).toBe(1);
    stop.abort(reason);
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
    return fake.jobs.all().at(-1)!.status;
  };
  expect(await statusAfterStop(new WorkHandedOver('shutdown'))).toBe('queued');
  expect(await statusAfterStop(new Error('the deadline'))).toBe('cancelled');
});

test('a job that fails gave no image', async () => {
  await expect(backend.generate(round({ prompt: 'impossible' }), testContext())).rejects.toMatchObject({
    kind: 'no_output',
    message: 'The image service could not make the image.',
  });
});

test('a full queue is a rate limit', async () => {
  fake.failNext({ answer: { status: 429, body: { error: 'job queue is full' } } });
  await expect(backend.generate(round(), testContext())).rejects.toMatchObject({ kind: 'rate_limited' });
});

test('polls that are lost lose no work', async () => {
  fake.jobs.hold();
  const context = testContext();
  const waiting = backend.generate(round(), context);
  await expect.poll(() => context.references.length).toBe(1);
  fake.losePolls(3);
  fake.jobs.release();
  expect((await waiting).outputs).toHaveLength(1);
  expect([fake.attempts().length, fake.paid]).toEqual([1, 1]);
});

test('a server that is gone for good ends the wait', async () => {
  fake.jobs.hold();
  const context = testContext();
  const waiting = backend.generate(round(), context);
  waiting.catch(() => {});
  await expect.poll(() => context.references.length).toBe(1);
  fake.losePolls(1000);
  await expect(waiting).rejects.toMatchObject({ kind: 'unavailable', spent: false });
});

test('a look at the server says what it is', async () => {
  const health = await backend.health!(new AbortController().signal);
  expect(health).toMatchObject({ reachable: true, upstreamModels: ['sd-cpp-local'] });
  expect(health.message).toMatch(/^stable-diffusion\.cpp answers/);
});
