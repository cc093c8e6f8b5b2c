/** The bucket of a whole Darkroom is gone, slow or fails now and then: callers are told, and nothing that was made is lost. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { rowsOf } from './support/accounts.ts';
import { type Answer, call, EDIT, resultOf, submit } from './support/api.ts';
import { darkroom } from './support/command.ts';
import { eventually } from './support/database.ts';
import { type Fault, type FaultyProxy, startFaultyProxy } from './support/faulty-proxy.ts';
import { drawPicture } from './support/pictures.ts';
import { makeBucket, startS3, type TestBucket, type TestS3 } from './support/s3.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const SMALL = { resolution: '0.5K', output_format: 'jpeg' };
/** Three tries with pauses, on a busy machine. */
const LONGEST_ANSWER_MS = 15_000;

let s3: TestS3;
let proxy: FaultyProxy;
let bucket: TestBucket;
beforeAll(async () => {
  s3 = await startS3();
  proxy = await startFaultyProxy(s3.endpoint);
  bucket = await makeBucket(s3, proxy.url);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});
afterEach(() => {
  proxy.fault = () => undefined;
});

const gone = (): Fault => ({ kind: 'reset' });
const refusal = (status: number, code: string): Fault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<Error><Code>${code}</Code></Error>`,
});

const readiness = async (server: TestServer) => {
  const { status, body } = await call(server, '/ready', { key: null });
  return { status, files: body.checks.files };
};

describe('while a server runs', () => {
  let server: TestServer;
  let picture: Buffer;
  beforeAll(async () => {
    picture = await drawPicture();
    server = await startTestServer(bucket.env);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const upload = (): Promise<Answer> =>
    call(server, '/v1/files', { body: new Uint8Array(picture), headers: { 'content-type': 'image/png' } });
  async function expectUnavailable(answering: Promise<Answer>): Promise<void> {
    const startedAt = performance.now();
    const { status, headers, body } = await answering;
    expect([status, body.error_code, headers.get('retry-after')]).toEqual([503, 503001, '5']);
    expect(body.message).toBe('Files cannot be stored or read at the moment. Try again shortly.');
    expect(performance.now() - startedAt).toBeLessThan(LONGEST_ANSWER_MS);
  }

  test('and the bucket is gone, calls that need it are 503, and an output waits for it in memory', {
    timeout: 60_000,
  }, async () => {
    const before = await resultOf(server, await submit(server, { prompt: 'was there before', ...SMALL }));
    proxy.fault = gone;
    const id = await submit(server, { prompt: 'has to wait', num_images: 2, ...SMALL });
    const data = `data:image/png;base64,${picture.toString('base64')}`;
    await Promise.all([
      expectUnavailable(upload()),
      expectUnavailable(
        call(server, `/v1/models/${EDIT}`, { json: { prompt: 'mirror', image_urls: [data], ...SMALL } }),
      ),
      // Not as if it were gone for good.
      expectUnavailable(call(server, before.output.image)),
    ]);
    expect(await readiness(server)).toMatchObject({ status: 503, files: { ok: false } });
    // Both were made, and neither is anywhere but in memory.
    await eventually(async () => {
      const rows = await rowsOf(server, "select id from files where kind = 'output' and bytes is null");
      return rows.length === 2;
    });
    expect((await call(server, `/v1/requests/${id}/status`)).body).toMatchObject({
      status: 'in_progress',
      progress: { done: 0, total: 2 },
    });

    proxy.fault = () => undefined;
    const { output } = await resultOf(server, id);
    expect(output.images).toHaveLength(2);
    for (const url of [...output.images, before.output.image]) expect((await fetch(url)).status).toBe(200);
    expect(await rowsOf(server, 'select attempts from rounds where request_id = $1', [id])).toEqual([
      { attempts: 1 },
      { attempts: 1 },
    ]);
    expect((await upload()).status).toBe(201);
    // One look serves all who ask at the time, which may have been a moment ago.
    await expect.poll(async () => (await readiness(server)).status).toBe(200);
  });

  test('and every third call to the bucket goes wrong, in one way or another, nothing is lost', {
    timeout: 60_000,
  }, async () => {
    const ways: Fault[] = [
      refusal(503, 'SlowDown'),
      { kind: 'reset' },
      { kind: 'lose' },
      refusal(500, 'InternalError'),
      { kind: 'cut', bytes: 1000 },
    ];
    let calls = 0;
    proxy.fault = () => (++calls % 3 === 0 ? ways[(calls / 3) % ways.length] : undefined);
    const uploaded = (await upload()).body;
    const ids = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        index % 2 === 0
          ? submit(server, { prompt: 'a lighthouse', num_images: 2, ...SMALL })
          : submit(server, { prompt: 'mirror', image_urls: [uploaded.url], num_images: 2, ...SMALL }, EDIT),
      ),
    );
    for (const id of ids) {
      const { status, files } = await resultOf(server, id);
      expect([status, files.length]).toEqual(['completed', 2]);
      for (const { url, sha256 } of files) {
        const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      }
    }
    expect(calls).toBeGreaterThan(20);
  });

  test('and the bucket refuses to remove, what was deleted is served no more and its row waits', async () => {
    const { body } = await upload();
    proxy.fault = ({ method }) => (method === 'GET' ? undefined : refusal(403, 'AccessDenied'));
    expect((await call(server, `/v1/files/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(body.url)).status).toBe(404);
    const rows = await rowsOf(server, 'select expires_at < now() as expired from files where id = $1', [
      body.id,
    ]);
    expect(rows).toEqual([{ expired: true }]);
  });
});

describe('at the start', () => {
  test('a bucket that is gone is waited for', async () => {
    proxy.fault = gone;
    await using server = await startTestServer(bucket.env);
    expect(await readiness(server)).toMatchObject({ status: 503, files: { ok: false } });
    proxy.fault = () => undefined;
    await eventually(async () => (await readiness(server)).status === 200);
    const { output } = await resultOf(server, await submit(server, { prompt: 'a lighthouse', ...SMALL }));
    expect((await fetch(output.image)).status).toBe(200);
  });

  test('one that is not there, or refuses the key, is a mistake', async () => {
    const start = (env: Record<string, string>) =>
      darkroom(['serve'], { env: { ...bucket.env, DARKROOM_DATA_DIR: '/nobody/made/it', ...env } });
    expect(await start({ S3_BUCKET: 'nobody-made-it' })).toMatchObject({
      code: 1,
      stderr: 'the bucket cannot be used: there is no such bucket (NoSuchBucket)\n',
    });
    expect(await start({ S3_ACCESS_KEY_ID: 'another' })).toMatchObject({
      code: 1,
      stderr: 'the bucket cannot be used: it does not know the access key (InvalidAccessKeyId)\n',
    });
  });
});
