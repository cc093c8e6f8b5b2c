/** A whole server with Gemini behind it: what a caller gets, and what is paid for it. */
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { gradientInput } from '../src/backends/sandbox/test-round.ts';
import {
  badArgument,
  dayIsSpent,
  ended,
  type GeminiFake,
  huge,
  images,
  noModel,
  promptBlocked,
  rateLimited,
  resetInBody,
  startGeminiFake,
} from './fakes/gemini.ts';
import { picture } from './fakes/gemini-pictures.ts';
import { EDIT, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const PRO = 'google/nano-banana/pro/text-to-image';
let fake: GeminiFake;
let server: TestServer;

beforeAll(async () => {
  fake = await startGeminiFake();
  server = await startTestServer({ GEMINI_API_KEY: 'AIzaOne', GEMINI_BASE_URL: fake.url });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await fake.close();
});
beforeEach(() => {
  fake.calls.length = 0;
  fake.paidCalls = 0;
});
afterEach(() => fake.always(images()));

async function run(input: Record<string, unknown>, model = TEXT_TO_IMAGE) {
  return await resultOf(server, await submit(server, { prompt: 'a boat', ...input }, model));
}

async function fetched(url: string) {
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const { width, height, format } = await sharp(bytes).metadata();
  return { bytes, size: `${width}x${height}`, format };
}

async function dataUri(): Promise<string> {
  return `data:image/png;base64,${(await gradientInput(32, 24)).bytes.toString('base64')}`;
}

test.each([
  ['google/nano-banana-2/text-to-image', 'gemini-nano-banana-2.1', {}],
  ['google/nano-banana-2/edit', 'gemini-nano-banana-2.1', { image_urls: 1 }],
  ['google/nano-banana/text-to-image', 'gemini-3.1-flash-lite-image', {}],
  ['google/nano-banana/edit', 'gemini-3.1-flash-lite-image', { image_urls: 1 }],
  ['google/nano-banana/pro/text-to-image', 'gemini-3-pro-image', {}],
  ['google/nano-banana/pro/edit', 'gemini-3-pro-image', { image_urls: 1 }],
])('%s makes a picture by %s', async (model, upstreamModel, input) => {
  const inputs = 'image_urls' in input ? { image_urls: [await dataUri()] } : {};
  const result = await run({ ...inputs, aspect_ratio: '16:9' }, model);
  expect(result).toMatchObject({ status: 'completed', backend: 'gemini' });
  expect(await fetched(result.output.image)).toMatchObject({ size: '1376x768', format: 'png' });
  expect(fake.calls.map((call) => call.model)).toEqual([upstreamModel]);
  expect(fake.calls[0]!.body.contents![0]!.parts).toHaveLength(model.endsWith('edit') ? 2 : 1);
});

test('every parameter arrives, and a picture in the format that was asked for is passed through untouched', async () => {
  const result = await run({
    aspect_ratio: '4:5',
    resolution: '2K',
    seed: 11,
    safety_tolerance: 6,
    enable_web_search: true,
    output_format: 'jpeg',
  });
  expect(fake.calls[0]!.body).toMatchObject({
    tools: [{ googleSearch: {} }],
    generationConfig: { seed: 11, imageConfig: { aspectRatio: '4:5', imageSize: '2K' } },
  });
  expect(new Set(fake.calls[0]!.body.safetySettings!.map(({ threshold }) => threshold))).toEqual(
    new Set(['OFF']),
  );
  const { bytes } = await fetched(result.output.image);
  expect(bytes.equals(await picture(1856, 2304))).toBe(true);
  // 8 tokens in, 210 of thought, 1680 of picture.
  expect(result.cost).toBeCloseTo((8 * 1.5 + 210 * 7.5 + 1680 * 30) / 1e6, 5);
});

test('0.5K of a model that begins at 1K has the documented size, and it is told', async () => {
  const result = await run({ aspect_ratio: '4:5', resolution: '0.5K', output_format: 'webp' });
  expect(await fetched(result.output.image)).toMatchObject({ size: '464x576', format: 'webp' });
  expect(result.adjustments).toContain('rendered at 1K and scaled down to 0.5K: this model has no 0.5K');
});

test('four images are four calls, each with a seed of its own', async () => {
  const result = await run({ num_images: 4, seed: 5 });
  expect(result.output.images).toHaveLength(4);
  expect(fake.paidCalls).toBe(4);
  const seeds = fake.calls.map(({ body }) => body.generationConfig!.seed);
  expect(seeds.sort()).toEqual([5, 6, 7, 8]);
});

test('several final images of one call are kept where the caller does not limit them', async () => {
  fake.always(images({ images: 2, drafts: 1 }));
  expect((await run({ limit_generations: false })).output.images).toHaveLength(2);
  expect((await run({ limit_generations: true })).output).toHaveProperty('image');
});

test('some refused: completed with what came, and a warning; all refused: failed with the reason', async () => {
  fake.script(promptBlocked('PROHIBITED_CONTENT'), ended('IMAGE_SAFETY'));
  const some = await run({ num_images: 3 });
  expect(some).toMatchObject({ status: 'completed', output: { image: expect.any(String) } });
  expect(JSON.stringify(some.warnings)).toContain('Gemini refused the content');
  fake.script(promptBlocked('PROHIBITED_CONTENT'));
  expect(await run({})).toMatchObject({
    status: 'failed',
    error: {
      code: 'content_blocked',
      retryable: false,
      message: expect.stringContaining('PROHIBITED_CONTENT'),
    },
  });
});

test('no image is asked for once more, with another seed', async () => {
  fake.script(ended('NO_IMAGE'));
  expect(await run({ seed: 1 })).toMatchObject({ status: 'completed' });
  const [first, second] = fake.calls.map(({ body }) => body.generationConfig!.seed);
  expect(second).not.toBe(first);
  fake.script(ended('NO_IMAGE'), ended('STOP', 'I would rather not.'));
  expect(await run({}, PRO)).toMatchObject({
    status: 'failed',
    error: { code: 'no_output', message: expect.stringContaining('I would rather not.') },
  });
});

test('a rejected request tells why and is not repeated', async () => {
  fake.script(badArgument('Unable to process input image.'));
  expect(await run({})).toMatchObject({
    status: 'failed',
    error: {
      code: 'backend_rejected',
      message: 'Gemini rejected the request: Unable to process input image.',
    },
  });
  expect(fake.calls).toHaveLength(1);
});

test('a limit is waited out for as long as Google says', async () => {
  fake.script(rateLimited('1.2s'));
  const startedAt = Date.now();
  expect(await run({}, PRO)).toMatchObject({ status: 'completed' });
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1200);
  expect(fake.calls).toHaveLength(2);
});

test('a model that is gone leaves the work to the next candidate', async () => {
  fake.script(noModel('gemini-nano-banana-2.1'));
  expect(await run({})).toMatchObject({ status: 'completed' });
  expect(fake.calls.map(({ model }) => model)).toEqual(['gemini-nano-banana-2.1', 'gemini-3.1-flash-image']);
});

test('more inputs than Gemini takes are refused, and nothing is spent', async () => {
  const input = await dataUri();
  const result = await run({ image_urls: Array(15).fill(input) }, EDIT);
  expect(result).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('14') } });
  expect(fake.calls).toEqual([]);
});

test.each([
  ['an answer that breaks off', resetInBody(), 'backend_unavailable'],
  ['an answer of 200 MB', huge(200 * 2 ** 20), 'no_output'],
])('%s ends the request once, and is not paid for twice', async (_, answer, code) => {
  fake.script(answer);
  // A model with two candidates: the second would be paid for again as well.
  expect(await run({}, TEXT_TO_IMAGE)).toMatchObject({ status: 'failed', error: { code } });
  expect(fake.paidCalls).toBe(1);
});

// Last: the key rests from here on.
test('a day that is spent leaves the work to the next candidate, and is not waited out', async () => {
  fake.script(dayIsSpent());
  expect(await run({})).toMatchObject({ status: 'completed' });
  expect(fake.calls.map(({ model }) => model)).toEqual(['gemini-nano-banana-2.1', 'gemini-3.1-flash-image']);
  fake.script(dayIsSpent());
  expect(await run({}, PRO)).toMatchObject({ status: 'failed', error: { code: 'backend_unavailable' } });
});
