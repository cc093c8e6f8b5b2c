/** GET /v1/requests/{id}/result: 200 in every state, with what there is. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { type Answer, call, EDIT, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { drawPicture, lookAt, pictureAt } from './support/pictures.ts';
import { submitEndless, TIME } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
});
afterAll(() => server[Symbol.asyncDispose]());

const result = (id: string, query = '', caller: Pick<TestServer, 'url' | 'key'> = server): Promise<Answer> =>
  call(caller, `/v1/requests/${id}/result${query}`);
const resultFor = async (input: Record<string, unknown>, model = TEXT_TO_IMAGE): Promise<Answer['body']> =>
  resultOf(server, await submit(server, { resolution: '0.5K', ...input }, model));

describe('in every state there is a 200:', () => {
  test('completed, with the picture and all that is known of it', async () => {
    const id = await submit(server, { prompt: 'a lighthouse', aspect_ratio: '16:9', seed: 7 });
    await resultOf(server, id);
    const { status, body, headers } = await result(id);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-cache');
    const base = `${server.url}/v1/requests/${id}`;
    expect(body).toEqual({
      request_id: id,
      status: 'completed',
      created_at: expect.stringMatching(TIME),
      output: { image: expect.stringMatching(new RegExp(`^${server.url}/files/[0-9a-z]{32}/output\\.png$`)) },
      files: [
        {
          url: body.output.image,
          width: 1376,
          height: 768,
          content_type: 'image/png',
          bytes: expect.any(Number),
          seed: 7,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
      completed_at: expect.stringMatching(TIME),
      finished_at: body.completed_at,
      model_id: TEXT_TO_IMAGE,
      started_at: expect.stringMatching(TIME),
      backend: 'sandbox',
      timings: {
        queue_seconds: expect.any(Number),
        run_seconds: expect.any(Number),
        total_seconds: expect.any(Number),
      },
      status_url: `${base}/status`,
      result_url: `${base}/result`,
      cancel_url: `${base}/cancel`,
    });
    expect(Object.keys(body).slice(0, 4)).toEqual(['request_id', 'status', 'created_at', 'output']);
    expect(body.created_at <= body.started_at && body.started_at <= body.completed_at).toBe(true);

    const bytes = Buffer.from(await (await fetch(body.output.image)).arrayBuffer());
    expect(bytes.length).toBe(body.files[0].bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(body.files[0].sha256);
    expect(await lookAt(bytes)).toMatchObject({ width: 1376, height: 768, format: 'png' });
  });

  test('failed: a word of its own here, with the error and without an output', async () => {
    const body = await resultFor({ prompt: 'x [[sandbox:blocked]]' });
    expect(body).toMatchObject({
      status: 'failed',
      error: { code: 'content_blocked', message: expect.any(String), retryable: false },
      completed_at: expect.stringMatching(TIME),
      finished_at: body.completed_at,
      cost: 0,
    });
    expect(body).not.toHaveProperty('output');
    expect(body).not.toHaveProperty('files');
    expect((await call(server, `/v1/requests/${body.request_id}/status`)).body).toMatchObject({
      status: 'completed',
      error: body.error,
    });
  });

  test('in_progress, in_queue and cancelled, with the state and its URLs to go on polling', async () => {
    const narrow = await makeAccount(server, { maxRunning: 1 });
    const running = await submitEndless(narrow);
    const waiting = await submit(narrow, { prompt: 'x' });
    const cancelled = await submit(narrow, { prompt: 'x' });
    await call(narrow, `/v1/requests/${cancelled}/cancel`, { method: 'POST' });
    for (const [id, state, started, ended] of [
      [running, 'in_progress', true, false],
      [waiting, 'in_queue', false, false],
      [cancelled, 'cancelled', false, true],
    ] as const) {
      const { status, body } = await result(id, '', narrow);
      expect([status, body.status]).toEqual([200, state]);
      expect(body.request_id).toBe(id);
      expect(body.status_url).toBe(`${server.url}/v1/requests/${id}/status`);
      expect(body.started_at).toEqual(started ? expect.stringMatching(TIME) : null);
      for (const time of [body.completed_at, body.finished_at])
        expect(time).toEqual(ended ? expect.stringMatching(TIME) : null);
      expect(body).not.toHaveProperty('output');
      expect(body).not.toHaveProperty('error');
    }
  });
});

describe('output', () => {
  test('is `image` for one and `images` for several, in the order of their seeds', async () => {
    const one = await resultFor({ prompt: 'x', num_images: 1 });
    expect(Object.keys(one.output)).toEqual(['image']);
    const several = await resultFor({ prompt: 'x', num_images: 3, seed: 40 });
    expect(Object.keys(several.output)).toEqual(['images']);
    expect(several.output.images).toEqual(several.files.map(({ url }: { url: string }) => url));
    expect(several.files.map(({ seed }: { seed: number }) => seed)).toEqual([40, 41, 42]);
    expect(new Set(several.files.map(({ sha256 }: { sha256: string }) => sha256)).size).toBe(3);
  });

  test.each([
    ['png', 'image/png', 'png', [512, 512]],
    ['jpeg', 'image/jpeg', 'jpeg', [512, 512]],
    ['webp', 'image/webp', 'webp', [512, 512]],
  ])('has the format that was asked for: %s', async (output_format, contentType, format, size) => {
    const body = await resultFor({ prompt: 'x', output_format, aspect_ratio: '1:1' });
    expect(body.files[0].content_type).toBe(contentType);
    const response = await fetch(body.output.image);
    expect(response.headers.get('content-type')).toBe(contentType);
    const picture = await lookAt(Buffer.from(await response.arrayBuffer()));
    expect([picture.format, [picture.width, picture.height]]).toEqual([format, size]);
  });

  test.each([
    ['0.5K', '21:9', [792, 336]],
    ['1K', '9:16', [768, 1376]],
    ['2K', '3:2', [2528, 1696]],
    ['4K', '1:1', [4096, 4096]],
  ])('has the size of the table: %s at %s', async (resolution, aspect_ratio, size) => {
    const body = await resultFor({ prompt: 'x', resolution, aspect_ratio, output_format: 'jpeg' });
    const { width, height } = await pictureAt(body.output.image);
    expect([width, height]).toEqual(size);
    expect([body.files[0].width, body.files[0].height]).toEqual(size);
  });

  test('of an edit is made of the picture that was sent', async () => {
    const red = `data:image/png;base64,${(await drawPicture('png', { colour: '#ff0000' })).toString('base64')}`;
    const body = await resultFor({ prompt: 'grayscale', image_urls: [red], aspect_ratio: '4:3' }, EDIT);
    const { width, height, pixels } = await pictureAt(body.output.image);
    expect([width, height]).toEqual([600, 448]);
    const middle = (Math.floor(height / 3) * width + Math.floor(width / 2)) * 4;
    const [r, g, b] = pixels.subarray(middle, middle + 3);
    expect([g, b]).toEqual([r, r]);
  });
});

describe('what did not go as asked', () => {
  test('some images come, others are refused: it completes, and warns of what did not come', async () => {
    const body = await resultFor({ prompt: 'x [[sandbox:partial=1]]', num_images: 3 });
    expect(body.status).toBe('completed');
    expect(body.files).toHaveLength(1);
    expect(body.output).toEqual({ image: body.files[0].url });
    expect(body.warnings).toHaveLength(2);
    expect(body.warnings[0]).toMatchObject({
      message: expect.stringMatching(/^image 2 of 3 did not come/),
      error: { code: 'content_blocked', retryable: false },
    });
    expect(body).not.toHaveProperty('error');
    // Only what came is paid for.
    expect(body.cost).toBe(0.045);
  });

  test('what was done other than as asked is told in adjustments', async () => {
    const body = await resultFor({ prompt: 'x [[sandbox:fly]]', seed: 2 ** 31 + 5 });
    expect(body.files[0].seed).toBe(5);
    expect(body.adjustments).toEqual([
      expect.stringMatching(/^seed 2147483653 is outside .* 5 was used$/),
      expect.stringMatching(/fly/),
    ]);
    expect(await resultFor({ prompt: 'x' })).not.toHaveProperty('adjustments');
  });

  test('a backend that is over its limit twice is asked again, and nobody notices', async () => {
    const body = await resultFor({ prompt: 'x [[sandbox:rate_limited=2]]' });
    expect(body.status).toBe('completed');
    expect(body).not.toHaveProperty('warnings');
  });

  test('messages name no host, path or stack', async () => {
    for (const word of ['blocked', 'error', 'auth', 'no_output', 'timeout']) {
      const { error } = await resultFor({ prompt: `x [[sandbox:${word}]]` });
      expect(error.message).not.toMatch(/\/\w+\/|:\d{2,5}\b|\bat \w+|node_modules|localhost|127\.0\.0/);
    }
  });
});

describe('include_cost', () => {
  test('adds the cost in USD as a number, and only when it is asked for', async () => {
    const body = await resultFor({ prompt: 'x', num_images: 2, resolution: '1K' });
    const costOf = async (query: string) => (await result(body.request_id, query)).body.cost;
    expect(await costOf('?include_cost=true')).toBe(0.134);
    expect(await costOf('')).toBeUndefined();
    expect(await costOf('?include_cost=false')).toBeUndefined();
  });

  test('anything but true and false is a 422', async () => {
    const id = await submit(server, { prompt: 'x', resolution: '0.5K' });
    const { status, body } = await result(id, '?include_cost=perhaps');
    expect([status, body.detail[0].loc]).toEqual([422, ['query', 'include_cost']]);
  });

  test('follows the resolution and the model', async () => {
    for (const [model, resolution, price] of [
      [TEXT_TO_IMAGE, '0.5K', 0.045],
      [TEXT_TO_IMAGE, '2K', 0.101],
      ['google/nano-banana/pro/text-to-image', '1K', 0.134],
    ] as const) {
      const { cost } = await resultFor({ prompt: 'x', resolution, output_format: 'jpeg' }, model);
      expect(cost).toBe(price);
    }
  });
});
