/** Every parameter of the models, as Gemini is told it, and what comes of it. */
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { InputImage, Round } from '../src/backends/backend.ts';
import { createGeminiBackend } from '../src/backends/gemini/gemini.ts';
import { context, gradientInput, round } from '../src/backends/sandbox/test-round.ts';
import { type GeminiFake, images, startGeminiFake } from './fakes/gemini.ts';
import { picture } from './fakes/gemini-pictures.ts';

let fake: GeminiFake;

beforeEach(async () => {
  fake = await startGeminiFake();
});
afterEach(async () => fake.close());

const backend = () => createGeminiBackend({ apiKeys: ['AIzaOne'], baseUrl: fake.url });

const ours = (changes: Partial<Round> = {}): Round =>
  round({ upstreamModel: 'gemini-3.1-flash-image', resolution: '1K', aspectRatio: 'auto', ...changes });

async function generate(changes: Partial<Round> = {}) {
  const result = await backend().generate(ours(changes), context());
  return { result, sent: fake.calls.at(-1)!.body };
}

const sizesOf = (outputs: { bytes: Buffer }[]) =>
  Promise.all(
    outputs.map(async ({ bytes }) => {
      const { width, height, format } = await sharp(bytes).metadata();
      return `${width}x${height} ${format}`;
    }),
  );

test('a prompt is sent alone, with the seed, and asks for words and a picture', async () => {
  const { sent, result } = await generate({ prompt: 'a boat', seed: 2 ** 31 - 1 });
  expect(sent).toEqual({
    contents: [{ role: 'user', parts: [{ text: 'a boat' }] }],
    generationConfig: {
      responseModalities: ['TEXT', 'IMAGE'],
      seed: 2 ** 31 - 1,
      imageConfig: { imageSize: '1K' },
    },
  });
  expect(result.adjustments).toEqual([]);
});

test('auto leaves the ratio to Gemini, and what came in no table is taken as it is', async () => {
  const { sent, result } = await generate({ aspectRatio: 'auto' });
  expect(sent.generationConfig!.imageConfig).not.toHaveProperty('aspectRatio');
  expect(await sizesOf(result.outputs)).toEqual(['1408x768 jpeg']);
  expect(result.outputs[0]!.contentType).toBe('image/jpeg');
});

test.each(['21:9', '16:9', '3:2', '4:3', '5:4', '1:1', '4:5', '3:4', '2:3', '9:16'])(
  'the ratio %s is asked for on every model',
  async (aspectRatio) => {
    for (const upstreamModel of [
      'gemini-3-pro-image',
      'gemini-nano-banana-2.1',
      'gemini-3.1-flash-lite-image',
    ]) {
      const { sent } = await generate({ aspectRatio, upstreamModel });
      expect(sent.generationConfig!.imageConfig).toMatchObject({ aspectRatio });
    }
  },
);

test('a ratio that the model does not have is refused before anything is sent', async () => {
  const refused = generate({ aspectRatio: '1:8', upstreamModel: 'gemini-3-pro-image' });
  await expect(refused).rejects.toMatchObject({
    kind: 'invalid_request',
    message: expect.stringMatching(/1:8.*16:9/),
  });
  expect(fake.calls).toEqual([]);
  expect((await generate({ aspectRatio: '1:8' })).sent.generationConfig!.imageConfig).toMatchObject({
    aspectRatio: '1:8',
  });
});

test.each([
  ['0.5K', '512', '688x384 jpeg'],
  ['1K', '1K', '1376x768 jpeg'],
  ['2K', '2K', '2752x1536 jpeg'],
  ['4K', '4K', '5504x3072 jpeg'],
] as const)(
  'the resolution %s is asked for as %s and passed through',
  async (resolution, imageSize, came) => {
    const { sent, result } = await generate({ resolution, aspectRatio: '16:9' });
    expect(sent.generationConfig!.imageConfig).toEqual({ aspectRatio: '16:9', imageSize });
    expect(await sizesOf(result.outputs)).toEqual([came]);
    expect(result.adjustments).toEqual([]);
    const { width, height } = await sharp(result.outputs[0]!.bytes).metadata();
    expect(result.outputs[0]!.bytes.equals(await picture(width!, height!))).toBe(true);
  },
);

test.each([
  ['4:5', '464x576 png'],
  ['2:3', '424x632 png'],
  ['21:9', '792x336 png'],
  ['auto', '704x384 png'],
])('0.5K of %s, where a model begins at 1K, is scaled down and told', async (aspectRatio, size) => {
  const { sent, result } = await generate({
    upstreamModel: 'gemini-nano-banana-2.1',
    resolution: '0.5K',
    aspectRatio,
  });
  expect(sent.generationConfig!.imageConfig).toMatchObject({ imageSize: '1K' });
  expect(await sizesOf(result.outputs)).toEqual([size]);
  expect(result.outputs[0]!.contentType).toBe('image/png');
  expect(result.adjustments).toEqual(['rendered at 1K and scaled down to 0.5K: this model has no 0.5K']);
});

test('4K, where a model ends at 1K, is rendered at 1K and told', async () => {
  const { sent, result } = await generate({
    upstreamModel: 'gemini-3.1-flash-lite-image',
    resolution: '4K',
    aspectRatio: '1:1',
  });
  expect(sent.generationConfig!.imageConfig).toEqual({ aspectRatio: '1:1' });
  expect(await sizesOf(result.outputs)).toEqual(['1024x1024 jpeg']);
  expect(result.adjustments).toEqual(['rendered at 1K: this model has no 4K']);
});

test.each([
  [1, 'BLOCK_LOW_AND_ABOVE'],
  [2, 'BLOCK_LOW_AND_ABOVE'],
  [3, 'BLOCK_MEDIUM_AND_ABOVE'],
  [4, 'BLOCK_ONLY_HIGH'],
  [5, 'BLOCK_NONE'],
  [6, 'OFF'],
])('safety_tolerance %i sets all four filters to %s', async (tolerance, threshold) => {
  const { sent } = await generate({ parameters: { safety_tolerance: tolerance } });
  expect(sent.safetySettings).toEqual(
    ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT'].map((name) => ({
      category: `HARM_CATEGORY_${name}`,
      threshold,
    })),
  );
});

test('a model without safety_tolerance leaves the filters as Gemini sets them', async () => {
  expect((await generate({ parameters: {} })).sent).not.toHaveProperty('safetySettings');
});

test('enable_web_search gives the model the search, and only then', async () => {
  expect((await generate({ parameters: { enable_web_search: true } })).sent.tools).toEqual([
    { googleSearch: {} },
  ]);
  expect((await generate({ parameters: { enable_web_search: false } })).sent).not.toHaveProperty('tools');
});

test('input images are sent in their order, each as what it is', async () => {
  const png = await gradientInput(40, 30);
  const jpeg: InputImage = {
    ...png,
    bytes: await sharp(png.bytes).jpeg().toBuffer(),
    contentType: 'image/jpeg',
  };
  const webp: InputImage = {
    ...png,
    bytes: await sharp(png.bytes).webp().toBuffer(),
    contentType: 'image/webp',
  };
  const { sent, result } = await generate({ images: [webp, png, jpeg], prompt: 'join them' });
  expect(sent.contents![0]!.parts).toEqual([
    { text: 'join them' },
    ...[webp, png, jpeg].map(({ bytes, contentType }) => ({
      inlineData: { mimeType: contentType, data: bytes.toString('base64') },
    })),
  ]);
  expect(result.adjustments).toEqual([]);
});

test.each([
  ['gemini-2.5-flash-image', 3],
  ['gemini-3-pro-image', 14],
  ['gemini-3.1-flash-lite-image', 14],
  ['gemini-nano-banana-2.1', 14],
  ['gemini-9-image-of-tomorrow', 14],
])('%s takes %i input images and says so; one more is refused for nothing', async (upstreamModel, most) => {
  expect(backend().capabilities(upstreamModel)).toEqual({
    maxInputImages: most,
    inputContentTypes: ['image/png', 'image/jpeg', 'image/webp'],
    seed: 'best-effort',
    reportsProgress: false,
    tellsCost: upstreamModel !== 'gemini-9-image-of-tomorrow',
  });
  const input = await gradientInput(8, 8);
  const tooMany = generate({ upstreamModel, images: Array(most + 1).fill(input) });
  await expect(tooMany).rejects.toMatchObject({
    kind: 'invalid_request',
    message: expect.stringContaining(`at most ${most} input images`),
  });
  expect(fake.calls).toEqual([]);
});

test('inputs that are together too large for one request are made smaller once for all rounds, and told', async () => {
  const raw = Buffer.alloc(2600 * 2600 * 3);
  for (let at = 0; at < raw.length; at++) raw[at] = (at * 2654435761) >>> 13;
  const bytes = await sharp(raw, { raw: { width: 2600, height: 2600, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const large: InputImage = { bytes, contentType: 'image/png', width: 2600, height: 2600 };
  const small = await gradientInput(100, 100);
  const inputs = [large, small];
  expect(bytes.length).toBeGreaterThan(20e6);
  const gemini = backend();
  for (const index of [0, 1]) {
    const { adjustments } = await gemini.generate(ours({ images: inputs, index }), context());
    expect(adjustments).toEqual([expect.stringMatching(/^input image 1 was (sent as WebP|scaled down)/)]);
  }
  const [first, second] = fake.calls;
  expect(first!.bytes).toBeLessThan(20e6);
  expect(first!.body.contents![0]!.parts![2]!.inlineData!.data).toBe(small.bytes.toString('base64'));
  expect(first!.body.contents![0]!.parts![1]!.inlineData!.mimeType).toBe('image/webp');
  expect(second!.body.contents).toEqual(first!.body.contents);
});

test('all final pictures of an answer come back; drafts and signatures do not', async () => {
  fake.script(images({ images: 3, drafts: 2, text: ' Three boats. ', signatureBytes: 2 ** 20 }));
  const { result } = await generate({ aspectRatio: '1:1' });
  expect(await sizesOf(result.outputs)).toEqual(Array(3).fill('1024x1024 jpeg'));
  expect(result.description).toBe('Three boats.');
  expect(JSON.stringify(Object.keys(result))).toBe('["outputs","description","costUsd","adjustments"]');
});

test('PNG of 2.5, and of whoever calls it JPEG, is taken for PNG', async () => {
  fake.script(images({ format: 'png' }));
  const { result } = await generate({ upstreamModel: 'gemini-2.5-flash-image', aspectRatio: '1:1' });
  expect(result.outputs[0]!.contentType).toBe('image/png');
});

test('the cost is that of the tokens, input, thoughts and picture each at its price', async () => {
  const { result } = await generate({
    resolution: '2K',
    aspectRatio: '1:1',
    images: [await gradientInput(8, 8)],
  });
  // 266 tokens in, 210 of thought, 1680 of picture.
  expect(result.costUsd).toBeCloseTo((266 * 0.5 + 210 * 3 + 1680 * 60) / 1e6, 9);
});

test('an answer without counts leaves the cost to the price list', async () => {
  fake.script(images({ usage: null }));
  expect((await generate()).result).not.toHaveProperty('costUsd');
});
