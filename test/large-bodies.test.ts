/** While one caller's large body is handled, the others are served. */
import { randomFillSync } from 'node:crypto';
import { rm } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, EDIT, resultOf, TEXT_TO_IMAGE } from './support/api.ts';
import { expectCleanError, expectWell } from './support/clean-error.ts';
import { type ServerProcess, spawnServer, temporaryFolder } from './support/server.ts';

const MEBIBYTE = 2 ** 20;
/** What another caller may wait, with tests and PostgreSQL on the same cores; alone it is a third of a second at most. */
const LONGEST_WAIT_MS = 1500;

let folder: string;
let server: ServerProcess;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = await spawnServer(folder);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Some 45 MB that do not get smaller. */
async function hugePicture(): Promise<Buffer> {
  const width = 4000;
  const height = 3900;
  const pixels = randomFillSync(Buffer.alloc(width * height * 3));
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

const post = (body: Buffer, model: string, headers: Record<string, string> = {}) =>
  call(server, `/v1/models/${model}`, {
    method: 'POST',
    body: body as never,
    headers: { 'content-type': 'application/json', ...headers },
  });

/** The longest time another caller had to wait while `work` went on. */
async function longestWaitDuring<Result>(
  work: () => Promise<Result>,
): Promise<{ waitMs: number; result: Result }> {
  let waitMs = 0;
  let done = false;
  const other = (async () => {
    while (!done) {
      const startedAt = performance.now();
      await call(server, '/health', { key: null });
      waitMs = Math.max(waitMs, performance.now() - startedAt);
    }
  })();
  const result = await work();
  done = true;
  await other;
  return { waitMs, result };
}

const values = (piece: string, times: number): Buffer =>
  Buffer.from(`{"prompt":"a","image_urls":["a"${piece.repeat(times)}]}`);

test.each<[string, () => Promise<Buffer> | Buffer, status: number, headers?: Record<string, string>]>([
  [
    'an image of 45 MB as data',
    async () => {
      const image_urls = [`data:image/png;base64,${(await hugePicture()).toString('base64')}`];
      return Buffer.from(JSON.stringify({ prompt: 'warmer', image_urls, resolution: '0.5K' }));
    },
    200,
    { 'idempotency-key': 'large' },
  ],
  [
    'data of 47 MB that is no image',
    () => {
      const data = Buffer.alloc(47 * MEBIBYTE).toString('base64');
      return Buffer.from(JSON.stringify({ prompt: 'a', image_urls: [`data:image/png;base64,${data}`] }));
    },
    422,
  ],
  ['a prompt of 63 MiB', () => Buffer.from(`{"prompt":"${'a'.repeat(63 * MEBIBYTE)}"}`), 422],
  ['a prompt of 63 MiB of emoji', () => Buffer.from(`{"prompt":"${'😀'.repeat((63 * MEBIBYTE) / 4)}"}`), 422],
  ['a prompt of 63 MiB of escapes', () => Buffer.from(`{"prompt":"${'\\u0041'.repeat(11_000_000)}"}`), 422],
  ['10 million items', () => values(',0', 10_000_000), 413],
  ['20 million objects', () => values(',{}', 20_000_000), 413],
  ['60 million opened lists', () => values('[', 60_000_000), 413],
  ['as many objects as are taken', () => values(',{}', 124_000), 422],
  [
    'as many fields as are taken',
    () => {
      const fields = Array.from({ length: 249_000 }, (_, index) => `"${'n'.repeat(200)}${index}":0`).join(
        ',',
      );
      return Buffer.from(`{"prompt":1,${fields}}`);
    },
    422,
  ],
])('%s', async (_, make, status, headers) => {
  const body = await make();
  const { waitMs, result } = await longestWaitDuring(() => post(body, EDIT, headers));
  if (status === 200) {
    expect(result.status, JSON.stringify(result.body)).toBe(200);
    const running = await longestWaitDuring(() => resultOf(server, result.body.request_id));
    expect(running.result.status).toBe('completed');
    expect(running.waitMs).toBeLessThan(LONGEST_WAIT_MS);
  } else expectCleanError(result, { code: status === 422 ? 422001 : 413001 });
  expect(waitMs).toBeLessThan(LONGEST_WAIT_MS);
});

test('four large bodies at once', async () => {
  const body = Buffer.from(`{"prompt":"${'a'.repeat(60 * MEBIBYTE)}"}`);
  const { waitMs, result } = await longestWaitDuring(() =>
    Promise.all(Array.from({ length: 4 }, () => post(body, TEXT_TO_IMAGE))),
  );
  for (const answer of result) expectCleanError(answer, { code: 422001, field: 'body.prompt' });
  expect(waitMs).toBeLessThan(2 * LONGEST_WAIT_MS);
});

test('after all of this the server makes pictures as before', async () => {
  await expectWell(server);
});
