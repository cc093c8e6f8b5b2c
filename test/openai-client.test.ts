/** The fake answers as OpenAI does: proven by the official client. */
import OpenAI, { toFile } from 'openai';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeOpenAi, startFakeOpenAi } from './fakes/openai.ts';
import { apiError } from './fakes/openai-rules.ts';

let fake: FakeOpenAi;
let client: OpenAI;
beforeAll(async () => {
  fake = await startFakeOpenAi({ key: 'sk-right' });
  client = new OpenAI({ apiKey: 'sk-right', baseURL: fake.url, maxRetries: 0 });
});
afterAll(() => fake[Symbol.asyncDispose]());

const sizeOf = async (base64: string | undefined) => {
  const { format, width, height } = await sharp(Buffer.from(base64!, 'base64')).metadata();
  return [format, width, height];
};

test('the official client generates an image', async () => {
  const answer = await client.images.generate({
    model: 'gpt-image-2',
    prompt: 'a fox',
    size: '1376x768',
    quality: 'low',
    output_format: 'webp',
  });
  expect(await sizeOf(answer.data![0]!.b64_json)).toEqual(['webp', 1376, 768]);
  expect(answer).toMatchObject({ output_format: 'webp', quality: 'low', size: '1376x768' });
  expect(answer.usage!.total_tokens).toBe(answer.usage!.input_tokens + answer.usage!.output_tokens);
});

test('the official client edits several images', async () => {
  const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const answer = await client.images.edit({
    model: 'gpt-image-2',
    prompt: 'make it blue',
    image: [
      await toFile(image, 'one.png', { type: 'image/png' }),
      await toFile(image, 'two.png', { type: 'image/png' }),
    ],
    size: '1024x1024',
  });
  expect(await sizeOf(answer.data![0]!.b64_json)).toEqual(['png', 1024, 1024]);
  expect(fake.calls.at(-1)!.files.map(({ field, bytes }) => [field, bytes.length])).toEqual([
    ['image[]', image.length],
    ['image[]', image.length],
  ]);
});

test('the official client lists the models', async () => {
  const ids: string[] = [];
  for await (const { id } of client.models.list()) ids.push(id);
  expect(ids).toContain('gpt-image-2');
});

test('the official client tells the errors apart', async () => {
  const wrongKey = new OpenAI({ apiKey: 'sk-wrong', baseURL: fake.url, maxRetries: 0 });
  await expect(wrongKey.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  const generate = (prompt: string, more: Partial<OpenAI.ImageGenerateParamsNonStreaming> = {}) =>
    client.images.generate({ model: 'gpt-image-2', prompt, ...more });
  await expect(generate('forbidden')).rejects.toMatchObject({ status: 400, code: 'moderation_blocked' });
  await expect(generate('a fox', { model: 'none' })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(generate('a fox', { size: '1000x1000' })).rejects.toMatchObject({
    status: 400,
    param: 'size',
  });
  await expect(generate('a fox', { response_format: 'b64_json' })).rejects.toMatchObject({
    code: 'unknown_parameter',
  });
  fake.failNext({ answer: { status: 429, body: apiError('insufficient_quota', 'spent') } }, 'reset');
  await expect(generate('a fox')).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
  await expect(generate('a fox')).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
});

test('the official client gets pictures from a stable-diffusion.cpp too', async () => {
  await using local = await startFakeOpenAi({ mode: 'stable-diffusion.cpp' });
  const it = new OpenAI({ apiKey: 'none', baseURL: local.url, maxRetries: 0 });
  const answer = await it.images.generate({ model: 'sd-cpp-local', prompt: 'a fox', size: '512x512' });
  expect(await sizeOf(answer.data![0]!.b64_json)).toEqual(['png', 512, 512]);
  expect((await it.models.list()).data[0]!.id).toBe('sd-cpp-local');
});
