/** A whole server whose only backend is OpenAI's API: the two models of its own, over HTTP. */
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeOpenAi, startFakeOpenAi } from './fakes/openai.ts';
import { call, resultOf, submit } from './support/api.ts';
import { testInput } from './support/rounds.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let fake: FakeOpenAi;
let server: TestServer;
beforeAll(async () => {
  fake = await startFakeOpenAi({ key: 'sk-right' });
  server = await startTestServer({ OPENAI_API_KEY: 'sk-right', OPENAI_BASE_URL: fake.url });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

test('text becomes images, each at the cost of its tokens, and what was done other than asked is told', async () => {
  const input = {
    prompt: 'a fox',
    num_images: 2,
    resolution: '4K',
    aspect_ratio: '21:9',
    output_format: 'webp',
    quality: 'low',
  };
  const result = await resultOf(server, await submit(server, input, 'openai/gpt-image-2/text-to-image'));
  expect(result).toMatchObject({ status: 'completed', backend: 'openai' });
  expect(result.files).toHaveLength(2);
  for (const file of result.files)
    expect(file).toMatchObject({ width: 3840, height: 1632, content_type: 'image/webp' });
  expect(result.adjustments).toEqual([
    'rendered at 3840×1632 instead of 6336×2688: this model has no such size',
  ]);
  // 16 by 7 patches at low quality make 232 tokens, and the prompt is 2.
  expect(result.cost).toBeCloseTo(2 * ((232 * 30 + 2 * 5) / 1e6), 6);
  // What is served is what came: nothing was written anew.
  const served = await fetch(result.output.images[0]);
  expect((await sharp(Buffer.from(await served.arrayBuffer())).metadata()).format).toBe('webp');
});

test('images are edited, in their order', async () => {
  const images = [await testInput(40, 20), await testInput(20, 40)];
  const urls = images.map(({ bytes }) => `data:image/png;base64,${bytes.toString('base64')}`);
  const input = { prompt: 'join them', image_urls: urls };
  const result = await resultOf(server, await submit(server, input, 'openai/gpt-image-2/edit'));
  expect(result.status).toBe('completed');
  const sizes = await Promise.all(
    fake
      .attempts()
      .at(-1)!
      .files.map(async ({ bytes }) => (await sharp(bytes).metadata()).width),
  );
  expect(sizes).toEqual([40, 20]);
});

test('a refusal says which rule it was, and nothing of the service behind', async () => {
  const id = await submit(server, { prompt: 'forbidden' }, 'openai/gpt-image-2/text-to-image');
  expect((await resultOf(server, id)).error).toEqual({
    code: 'content_blocked',
    message: 'The image service refused the content (violence).',
    retryable: false,
  });
});

test('its models are available, those of other backends are not', async () => {
  const available = async (id: string) => (await call(server, `/v1/models/${id}`)).body.available;
  expect(await available('openai/gpt-image-2/edit')).toBe(true);
  expect(await available('google/nano-banana-2/edit')).toBe(false);
});
