/** Google's own client and the AI SDK's against the fake: what holds there holds for what we prove with it. */
import { createGoogle } from '@ai-sdk/google';
import { ApiError, GoogleGenAI } from '@google/genai';
import { APICallError, generateImage, generateText } from 'ai';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  badKey,
  ended,
  type GeminiFake,
  images,
  overloaded,
  promptBlocked,
  rateLimited,
  SIGNATURE_MARK,
  startGeminiFake,
} from './fakes/gemini.ts';
import { picture } from './fakes/gemini-pictures.ts';

const MODEL = 'gemini-3.1-flash-image';
let fake: GeminiFake;
let google: GoogleGenAI;
let sdk: ReturnType<typeof createGoogle>;

beforeEach(async () => {
  fake = await startGeminiFake();
  google = new GoogleGenAI({ apiKey: 'AIzaFake', httpOptions: { baseUrl: fake.url } });
  sdk = createGoogle({ apiKey: 'AIzaFake', baseURL: `${fake.url}/v1beta` });
});
afterEach(async () => fake.close());

test('@google/genai makes an image with every setting we use', async () => {
  fake.script(images({ drafts: 1, text: 'Here it is.', signatureBytes: 1000 }));
  const input = (await picture(64, 64, 'png')).toString('base64');
  const answer = await google.models.generateContent({
    model: MODEL,
    contents: [{ text: 'a boat' }, { inlineData: { mimeType: 'image/png', data: input } }],
    config: {
      responseModalities: ['TEXT', 'IMAGE'],
      seed: 123,
      imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
      tools: [{ googleSearch: {} }],
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }] as never,
    },
  });
  const parts = answer.candidates?.[0]?.content?.parts ?? [];
  expect(parts.map(({ thought }) => thought ?? false)).toEqual([true, true, false, false]);
  const final = parts.at(-1);
  const { width, height, format } = await sharp(Buffer.from(final!.inlineData!.data!, 'base64')).metadata();
  expect({ width, height, format }).toEqual({ width: 2752, height: 1536, format: 'jpeg' });
  expect(final!.thoughtSignature).toContain(SIGNATURE_MARK);
  expect(answer.usageMetadata?.candidatesTokenCount).toBe(1680);
  expect(answer.usageMetadata?.candidatesTokensDetails).toEqual([{ modality: 'IMAGE', tokenCount: 1680 }]);
  expect(fake.calls[0]).toMatchObject({ model: MODEL, credential: 'AIzaFake' });
  expect(fake.calls[0]!.body).toMatchObject({
    generationConfig: { seed: 123, imageConfig: { aspectRatio: '16:9', imageSize: '2K' } },
    tools: [{ googleSearch: {} }],
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }],
  });
});

test('@google/genai reads refusals and the models of every page', async () => {
  fake.script(promptBlocked('PROHIBITED_CONTENT'), ended('IMAGE_SAFETY'));
  const ask = () => google.models.generateContent({ model: MODEL, contents: 'x' });
  expect((await ask()).promptFeedback?.blockReason).toBe('PROHIBITED_CONTENT');
  expect((await ask()).candidates?.[0]?.finishReason).toBe('IMAGE_SAFETY');
  const names: (string | undefined)[] = [];
  for await (const { name } of await google.models.list()) names.push(name);
  expect(names).toContain('models/gemini-nano-banana-2.1');
  expect(names).toContain('models/gemini-embedding-2');
});

test('@google/genai takes the errors for errors of its API', async () => {
  fake.script(badKey(), rateLimited('34.4s'));
  const ask = (model = MODEL) =>
    google.models.generateContent({
      model,
      contents: 'x',
      config: { httpOptions: { retryOptions: { attempts: 1 } } },
    });
  await expect(ask()).rejects.toSatisfy((error) => error instanceof ApiError && error.status === 400);
  await expect(ask()).rejects.toThrow(/"retryDelay": ?"34\.4s"/);
  await expect(ask('gemini-2.0-gone')).rejects.toSatisfy((error) => (error as ApiError).status === 404);
  expect(fake.paidCalls).toBe(0);
});

test('@google/genai reaches the fake by the paths of Vertex AI', async () => {
  const vertex = new GoogleGenAI({
    vertexai: true,
    project: 'acme',
    location: 'global',
    httpOptions: { baseUrl: fake.url, headers: { authorization: 'Bearer ya29.fake' } },
    googleAuthOptions: {
      authClient: {
        getRequestHeaders: async () => new Headers({ authorization: 'Bearer ya29.fake' }),
      } as never,
    },
  });
  const answer = await vertex.models.generateContent({ model: MODEL, contents: 'a boat' });
  expect(answer.candidates?.[0]?.content?.parts?.[0]?.inlineData?.mimeType).toBe('image/jpeg');
  expect(fake.calls[0]).toMatchObject({ model: MODEL, credential: 'ya29.fake' });
  expect(fake.calls[0]!.path).toMatch(/\/projects\/acme\/locations\/global\/publishers\/google\/models\//);
});

test('@ai-sdk/google makes an image with generateImage', async () => {
  const { image } = await generateImage({
    model: sdk.image(MODEL),
    prompt: { text: 'a hat on it', images: [await picture(64, 64, 'png')] },
    aspectRatio: '4:5',
    seed: 7,
    providerOptions: { google: { imageConfig: { imageSize: '512' } } },
  });
  const { width, height } = await sharp(image.uint8Array).metadata();
  expect({ width, height }).toEqual({ width: 464, height: 576 });
  expect(image.mediaType).toBe('image/jpeg');
  expect(fake.calls[0]!.body.generationConfig).toMatchObject({
    seed: 7,
    imageConfig: { aspectRatio: '4:5', imageSize: '512' },
  });
  expect(fake.paidCalls).toBe(1);
});

test('@ai-sdk/google gets text and image with generateText', async () => {
  fake.script(images({ text: 'A boat at dusk.' }));
  const { text, files, usage } = await generateText({ model: sdk(MODEL), prompt: 'a boat' });
  expect(text).toBe('A boat at dusk.');
  expect(files.map(({ mediaType }) => mediaType)).toEqual(['image/jpeg']);
  expect(usage.outputTokens).toBe(1330);
});

test('@ai-sdk/google takes 503 for worth a retry and a bad key for none', async () => {
  fake.script(overloaded(), badKey());
  const ask = () => generateImage({ model: sdk.image(MODEL), prompt: 'a boat', maxRetries: 0 });
  const retryable = (worth: boolean) => (error: unknown) =>
    APICallError.isInstance(error) && error.isRetryable === worth;
  await expect(ask()).rejects.toSatisfy(retryable(true));
  await expect(ask()).rejects.toSatisfy(retryable(false));
});
