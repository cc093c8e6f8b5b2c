/** The AI SDK's `generateImage` with Darkroom's models, against a whole server. */
import {
  APICallError,
  createProviderRegistry,
  experimental_generateVideo,
  generateImage,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from 'ai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDarkroom, type DarkroomOptions } from '../src/ai-sdk/index.ts';
import { startComfyUiFake } from './fakes/comfyui.ts';
import { makeAccount } from './support/accounts.ts';
import { call, EDIT, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { callTool, overHttp } from './support/mcp.ts';
import { drawPicture, lookAt } from './support/pictures.ts';
import { untilStarted } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

type Caller = Pick<TestServer, 'url' | 'key'>;

let server: TestServer;
beforeAll(async () => {
  // They would be printed; the tests look at them in the results.
  (globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** An account and a provider of its own. */
async function setUp(limits: { maxRunning?: number } = {}) {
  const account = await makeAccount(server, limits);
  return { account, darkroom: createDarkroom({ apiKey: account.key, baseURL: account.url }) };
}

const history = async (caller: Caller) => (await call(caller, '/v1/requests?limit=100')).body.requests;

const look = async ({ uint8Array }: { uint8Array: Uint8Array }) => {
  const { width, height, format } = await lookAt(Buffer.from(uint8Array));
  return { width, height, format };
};

describe('a picture', () => {
  test('is made from text, at the ratio asked for, and tells where it comes from', async () => {
    const { account, darkroom } = await setUp();
    const result = await generateImage({
      model: darkroom.image(TEXT_TO_IMAGE),
      prompt: 'A lighthouse above the sea',
      aspectRatio: '16:9',
      seed: 7,
      providerOptions: {
        darkroom: { resolution: '0.5K', output_format: 'webp' } satisfies DarkroomOptions<
          typeof TEXT_TO_IMAGE
        >,
      },
    });
    expect(await look(result.image)).toEqual({ width: 688, height: 384, format: 'webp' });
    expect(result.image.mediaType).toBe('image/webp');
    expect(result.warnings).toEqual([]);

    const [request] = await history(account);
    expect(request.input).toMatchObject({
      prompt: 'A lighthouse above the sea',
      aspect_ratio: '16:9',
      seed: 7,
    });
    const metadata = {
      requestId: request.request_id,
      url: request.output.image,
      costUsd: 0.045,
      seed: 7,
      width: 688,
      height: 384,
      mediaType: 'image/webp',
    };
    expect(result.image.providerMetadata?.darkroom).toMatchObject(metadata);
    expect(result.calls[0]!.providerMetadata?.darkroom).toMatchObject({
      requestId: request.request_id,
      costUsd: 0.045,
      backend: 'sandbox',
    });
    expect(result.responses[0]).toMatchObject({ modelId: TEXT_TO_IMAGE });
    expect(result.responses[0]!.headers?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('is edited from bytes, a URL and a data URI in their order', async () => {
    const { account, darkroom } = await setUp();
    const bytes = await drawPicture('jpeg', { width: 600, height: 800 });
    const { image } = await generateImage({ model: darkroom.image(TEXT_TO_IMAGE), prompt: 'a cat' });
    const url = String(image.providerMetadata?.darkroom?.url);
    const result = await generateImage({
      model: darkroom.image(EDIT),
      prompt: { text: 'side by side', images: [bytes, url, `data:image/png;base64,${image.base64}`] },
    });
    // The ratio nearest to the first.
    expect(await look(result.image)).toEqual({ width: 896, height: 1200, format: 'png' });
    const [{ input }] = await history(account);
    expect(input.image_urls).toHaveLength(3);
    expect(input.image_urls[1]).toBe(url);
    const first = Buffer.from(await (await fetch(input.image_urls[0])).arrayBuffer());
    expect(first.equals(bytes)).toBe(true);
  });

  test('is edited from more bytes than one call may have', async () => {
    const { account, darkroom } = await setUp();
    const noise = crypto.getRandomValues(new Uint8Array(2 ** 16));
    const raw = Buffer.alloc(2500 * 3000 * 3);
    for (let at = 0; at < raw.length; at += noise.length) raw.set(noise.subarray(0, raw.length - at), at);
    const large = await sharp(raw, { raw: { width: 2500, height: 3000, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    const { image } = await generateImage({
      model: darkroom.image(EDIT),
      prompt: { text: 'darker', images: [large, large] },
      providerOptions: { darkroom: { resolution: '0.5K' } },
    });
    expect((await look(image)).format).toBe('png');
    expect((await call(account, '/v1/files')).body.files).toHaveLength(2);
  });

  test('comes four at a time, each with its seed, from one request', async () => {
    const { account, darkroom } = await setUp();
    const { images, providerMetadata } = await generateImage({
      model: darkroom.image(TEXT_TO_IMAGE),
      prompt: 'A lighthouse',
      n: 4,
      seed: 10,
      size: '512x512',
    });
    expect(images).toHaveLength(4);
    expect(new Set(images.map(({ base64 }) => base64)).size).toBe(4);
    const described = providerMetadata.darkroom!.images as { seed: number; costUsd: number }[];
    expect(described.map(({ seed }) => seed)).toEqual([10, 11, 12, 13]);
    expect(described.map(({ costUsd }) => costUsd)).toEqual([0.045, 0.045, 0.045, 0.045]);
    expect(await history(account)).toHaveLength(1);
  });

  test('comes in several requests where the model makes fewer at a time', async () => {
    const { account, darkroom } = await setUp();
    const { images, calls } = await generateImage({
      model: darkroom.image(TEXT_TO_IMAGE),
      prompt: 'A lighthouse',
      n: 6,
      size: '512x512',
    });
    expect(images).toHaveLength(6);
    expect(calls.map(({ images }) => images.length)).toEqual([4, 2]);
    expect(
      (await history(account)).map(({ input }: never) => (input as { num_images: number }).num_images),
    ).toEqual(expect.arrayContaining([4, 2]));
    expect(new Set(images.map(({ base64 }) => base64)).size).toBe(6);
  });

  test('is the same again with the same seed', async () => {
    const { darkroom } = await setUp();
    const make = async (seed: number) =>
      (await generateImage({ model: darkroom.image(TEXT_TO_IMAGE), prompt: 'A fox', size: '512x512', seed }))
        .image.base64;
    const [first, again, other] = [await make(3), await make(3), await make(4)];
    expect(first === again).toBe(true);
    expect(first === other).toBe(false);
  });

  test('of a synchronous request comes without a URL', async () => {
    const { darkroom } = await setUp();
    const { image } = await generateImage({
      model: darkroom.image('google/nano-banana/pro/edit'),
      prompt: { text: 'darker', images: [await drawPicture()] },
      providerOptions: { darkroom: { sync_mode: true } },
    });
    expect(await look(image)).toMatchObject({ format: 'png' });
    expect(image.providerMetadata?.darkroom).not.toHaveProperty('url');
  });
});

describe('what a model cannot do', () => {
  const make = async (options: Partial<Parameters<typeof generateImage>[0]>, model = TEXT_TO_IMAGE) => {
    const { account, darkroom } = await setUp();
    const done = generateImage({ model: darkroom.image(model), prompt: 'A fox', maxRetries: 0, ...options });
    const result = await done.catch((error) => error);
    return { result, requests: (await history(account)).length };
  };

  test('a size that is the ratio and resolution of a model is taken without a word', async () => {
    const { result } = await make({ size: '1376x768' });
    expect(await look(result.image)).toMatchObject({ width: 1376, height: 768 });
    expect(result.warnings).toEqual([]);
  });

  test('a size that is nearly one says what came', async () => {
    const { result } = await make({ size: '1600x900' });
    expect(await look(result.image)).toMatchObject({ width: 1376, height: 768 });
    expect(result.warnings).toEqual([
      {
        type: 'compatibility',
        feature: 'size',
        details: '1600x900 was asked for as 16:9, 1K, and came as 1376x768.',
      },
    ]);
  });

  test('a size of no ratio, a seed and a field that it does not know are told', async () => {
    const { result } = await make(
      { size: '1000x100', seed: 1, providerOptions: { darkroom: { output_fromat: 'webp' } } },
      'google/nano-banana/text-to-image',
    );
    expect(result.images).toHaveLength(1);
    expect(result.warnings).toEqual([
      { type: 'unsupported', feature: 'seed', details: expect.any(String) },
      { type: 'unsupported', feature: 'size', details: expect.stringContaining('16:9') },
      {
        type: 'unsupported',
        feature: 'providerOptions.darkroom.output_fromat',
        details: expect.stringContaining('output_format'),
      },
    ]);
  });

  test('with strict, an unknown field is an error that costs nothing', async () => {
    const { result, requests } = await make({
      providerOptions: { darkroom: { output_fromat: 'webp', strict: true } },
    });
    expect(APICallError.isInstance(result) && result.message).toMatch(/output_fromat/);
    expect(requests).toBe(0);
  });

  test('a ratio it does not have is refused by name, and one in other numbers is understood', async () => {
    const refused = await make({ aspectRatio: '7:1' });
    expect(refused.result).toSatisfy(
      (error) => APICallError.isInstance(error) && error.statusCode === 422 && !error.isRetryable,
    );
    expect(refused.result.message).toMatch(/aspect_ratio must be one of: .*16:9/);
    expect(refused.requests).toBe(0);
    const understood = await make({
      aspectRatio: '1280:720',
      providerOptions: { darkroom: { resolution: '0.5K' } },
    });
    expect(await look(understood.result.image)).toMatchObject({ width: 688, height: 384 });
  });

  test('images for a model without eyes, and a mask, are errors before anything is paid', async () => {
    const image = await drawPicture();
    const blind = await make({ prompt: { text: 'A fox', images: [image] } });
    const masked = await make({ prompt: { text: 'A fox', images: [image], mask: image } }, EDIT);
    for (const { result, requests } of [blind, masked]) {
      expect(UnsupportedFunctionalityError.isInstance(result)).toBe(true);
      expect(requests).toBe(0);
    }
    const { darkroom } = await setUp();
    expect(await darkroom.image(EDIT).supportsFileInputs).toBe(true);
    expect(await darkroom.image(EDIT).supportsMaskInputs).toBe(false);
    expect(await darkroom.image(TEXT_TO_IMAGE).supportsFileInputs).toBe(false);
  });
});

describe('what goes wrong', () => {
  const refusedBy = async (
    model: string,
    options: Partial<Parameters<typeof generateImage>[0]> = {},
    apiKey?: string,
  ) => {
    const { account } = await setUp();
    const darkroom = createDarkroom({ apiKey: apiKey ?? account.key, baseURL: account.url });
    const error = await generateImage({
      model: darkroom.image(model),
      prompt: 'A fox',
      maxRetries: 0,
      ...options,
    }).catch((error) => error);
    expect(APICallError.isInstance(error), String(error)).toBe(true);
    return { error: error as APICallError, account };
  };

  test('a wrong key and an unknown model are errors of the AI SDK that no retry helps', async () => {
    const { error: wrongKey } = await refusedBy(TEXT_TO_IMAGE, {}, 'dk_wrong_key_0123456789');
    expect(wrongKey).toMatchObject({ statusCode: 401, isRetryable: false, data: { code: 400004 } });
    const { error: unknown } = await refusedBy('google/nano-bananas');
    expect(unknown).toMatchObject({ statusCode: 404, isRetryable: false });
  });

  test('a refused content is not asked for again', async () => {
    const { error, account } = await refusedBy(TEXT_TO_IMAGE, {
      prompt: 'A fox [[sandbox:blocked]]',
      maxRetries: 3,
    });
    expect(error).toMatchObject({ isRetryable: false, data: { error: { code: 'content_blocked' } } });
    expect(error.message).toMatch(/^content_blocked: /);
    expect(await history(account)).toHaveLength(1);
  });

  test('a failure that may pass is worth a retry, which is another request', async () => {
    const { error, account } = await refusedBy(TEXT_TO_IMAGE, { prompt: 'A fox [[sandbox:timeout]]' });
    expect(error).toMatchObject({ isRetryable: true, data: { error: { code: 'timeout', retryable: true } } });
    const again = await generateImage({
      model: createDarkroom({ apiKey: account.key, baseURL: account.url }).image(TEXT_TO_IMAGE),
      prompt: 'A fox [[sandbox:timeout]]',
      maxRetries: 0,
    }).catch((error) => error);
    expect(again.data.requestId).not.toBe((error.data as { requestId: string }).requestId);
  });

  test('an error shows the input without the bytes of its images', async () => {
    const { error } = await refusedBy(EDIT, {
      prompt: { text: 'A fox', images: [await drawPicture()] },
      aspectRatio: '7:1',
    });
    expect(JSON.stringify(error.requestBodyValues).length).toBeLessThan(500);
  });

  test('an aborted call takes its request out of the queue', async () => {
    const { account, darkroom } = await setUp({ maxRunning: 1 });
    const busy = await submit(account, { prompt: 'busy [[sandbox:hang]]' });
    await untilStarted(account, busy);
    const controller = new AbortController();
    const model = darkroom.image(TEXT_TO_IMAGE, {
      onUpdate: (update) => {
        if (update.type === 'status' && update.status === 'in_queue') controller.abort(new Error('enough'));
      },
    });
    await expect(generateImage({ model, prompt: 'A fox', abortSignal: controller.signal })).rejects.toThrow(
      'enough',
    );
    const [request] = await history(account);
    expect(request).toMatchObject({ status: 'cancelled', input: { prompt: 'A fox' } });
  });

  test('there is no model of another kind', async () => {
    const { darkroom } = await setUp();
    expect(() => darkroom.languageModel('google/gemini')).toThrow(NoSuchModelError);
    const registry = createProviderRegistry({ darkroom });
    expect(registry.imageModel(`darkroom:${TEXT_TO_IMAGE}`).modelId).toBe(TEXT_TO_IMAGE);
  });
});

describe('a video', () => {
  test('is made on ComfyUI, from words and a first picture', async () => {
    await using fake = await startComfyUiFake();
    await using withVideos = await startTestServer({ COMFYUI_URL: fake.url });
    const darkroom = createDarkroom({ apiKey: withVideos.key, baseURL: withVideos.url });
    const result = await experimental_generateVideo({
      model: darkroom.video('comfyui/wan-2.2/text-to-video'),
      prompt: { text: 'A paper boat', image: await drawPicture() },
      aspectRatio: '16:9',
      duration: 2,
      fps: 30,
      providerOptions: {
        darkroom: { negative_prompt: 'people' } satisfies DarkroomOptions<'comfyui/wan-2.2/text-to-video'>,
      },
    });
    expect(result.video.mediaType).toBe('video/mp4');
    expect(result.video.uint8Array.length).toBeGreaterThan(0);
    expect(result.warnings).toEqual([{ type: 'unsupported', feature: 'fps', details: expect.any(String) }]);
    const [{ input, request_id }] = await history(withVideos);
    expect(input).toMatchObject({ duration: 2, aspect_ratio: '16:9', negative_prompt: 'people' });
    expect(input.image_urls).toHaveLength(1);
    expect(result.providerMetadata.darkroom).toMatchObject({
      requestId: request_id,
      videos: [{ requestId: request_id }],
    });

    const { client } = await overHttp(`${withVideos.url}/mcp`, withVideos.key);
    const shown = await callTool(client, 'get_model_request_result', { request_id });
    expect(shown.raw.content).toContainEqual({
      type: 'resource_link',
      uri: shown.data.outputs[0].url,
      name: 'video 1',
      mimeType: 'video/mp4',
    });
  });

  test('takes no last frame and no references', async () => {
    const { darkroom, account } = await setUp();
    const image = await drawPicture();
    for (const more of [
      { frameImages: [{ image, frameType: 'last_frame' as const }] },
      { inputReferences: [image] },
    ]) {
      const call = experimental_generateVideo({
        model: darkroom.video('comfyui/wan-2.2/text-to-video'),
        prompt: 'A paper boat',
        ...more,
      });
      await expect(call).rejects.toSatisfy((error) => UnsupportedFunctionalityError.isInstance(error));
    }
    expect(await history(account)).toEqual([]);
  });
});

test('options are typed by the model', () => {
  const known: DarkroomOptions<typeof EDIT> = {
    resolution: '2K',
    output_format: 'webp',
    strict: true,
    seed: 1,
  };
  // @ts-expect-error one of a list
  const wrongValue: DarkroomOptions<typeof EDIT> = { resolution: '8K' };
  // @ts-expect-error no field of this model
  const wrongField: DarkroomOptions<typeof EDIT> = { quality: 'high' };
  // @ts-expect-error what the AI SDK has a parameter for
  const prompt: DarkroomOptions<typeof EDIT> = { prompt: 'x' };
  // Of a model that nobody knows yet, any.
  const loose: DarkroomOptions = { anything: 1, idempotencyKey: 'a' };
  const options: Parameters<typeof generateImage>[0]['providerOptions'] = {
    darkroom: { resolution: '2K' } satisfies DarkroomOptions<typeof EDIT>,
  };
  expect([known, wrongValue, wrongField, prompt, loose, options]).toHaveLength(6);
});
