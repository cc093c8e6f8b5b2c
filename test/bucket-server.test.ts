/** A whole Darkroom with its files in a bucket. */
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sweep } from '../src/background/sweep.ts';
import { openDatabase } from '../src/db/database.ts';
import { openNotifications } from '../src/db/notifications.ts';
import { openS3Store } from '../src/files/s3-store.ts';
import { rowsOf } from './support/accounts.ts';
import { call, EDIT, resultOf, submit } from './support/api.ts';
import { eventually, targetOf } from './support/database.ts';
import { drawPicture, lookAt, pictureAt } from './support/pictures.ts';
import { makeBucket, startS3, type TestBucket, type TestS3 } from './support/s3.ts';
import { startTestServer, type TestServer, temporaryFolder } from './support/server.ts';
import { type SharedPostgres, startSharedPostgres } from './support/shared-postgres.ts';
import { silent } from './support/test-database.ts';

const SMALL = { resolution: '0.5K', output_format: 'jpeg' };
const MIB = 2 ** 20;

/** What begins like one, and is as long as some. */
const film = (bytes: number): Buffer => {
  const video = Buffer.alloc(bytes, 7);
  Buffer.from('000000186674797069736f6d0000020069736f6d69736f32', 'hex').copy(video);
  return video;
};

let s3: TestS3;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3[Symbol.asyncDispose]());

describe('with its files in a bucket', () => {
  let bucket: TestBucket;
  let server: TestServer;
  beforeAll(async () => {
    bucket = await makeBucket(s3);
    server = await startTestServer(bucket.env);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const fileKeys = async (): Promise<string[]> => {
    const rows = await rowsOf<{ id: string }>(server, 'select id from files');
    return rows.map(({ id }) => `darkroom/files/${id}`).sort();
  };
  const made = async (input: Record<string, unknown> = {}) =>
    resultOf(server, await submit(server, { prompt: 'a lighthouse', ...SMALL, ...input }));
  const upload = (bytes: Buffer, type = 'image/png') =>
    call(server, '/v1/files', { body: new Uint8Array(bytes), headers: { 'content-type': type } });

  test('outputs lie there and nowhere else, and are served as from a disk', async () => {
    const { output, files } = await made({ num_images: 2 });
    expect(output.images).toHaveLength(2);
    expect((await bucket.keys()).sort()).toEqual(await fileKeys());
    await expect(readdir(join(server.dataDir, 'files'))).rejects.toThrow('ENOENT');

    const url: string = output.images[0];
    const whole = await fetch(url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(files[0].sha256);
    const common = {
      'content-type': 'image/jpeg',
      etag: `"${files[0].sha256}"`,
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    };
    expect(Object.fromEntries(whole.headers)).toMatchObject(common);

    const part = await fetch(url, { headers: { range: 'bytes=0-0' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 0-0/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(0, 1));
    const end = await fetch(url, { headers: { range: 'bytes=-10' } });
    expect(Buffer.from(await end.arrayBuffer())).toEqual(bytes.subarray(-10));
    expect((await fetch(url, { headers: { range: `bytes=${bytes.length}-` } })).status).toBe(416);
    expect((await fetch(url, { headers: { 'if-none-match': common.etag } })).status).toBe(304);
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
  });

  test('uploads, data and what is edited go through it', async () => {
    const png = await drawPicture('png');
    const { status, body } = await upload(png);
    expect(status).toBe(201);
    const data = `data:image/png;base64,${png.toString('base64')}`;
    const id = await submit(server, { prompt: 'mirror', image_urls: [body.url, data], ...SMALL }, EDIT);
    const { output } = await resultOf(server, id);
    expect((await pictureAt(output.image)).format).toBe('jpeg');
  });

  test('a large video is kept as it is, and its parts are to be had', async () => {
    const video = film(21 * MIB);
    const { status, body } = await upload(video, 'video/mp4');
    const sha256 = createHash('sha256').update(video).digest('hex');
    expect([status, body.content_type, body.sha256]).toEqual([201, 'video/mp4', sha256]);
    const part = await fetch(body.url, { headers: { range: 'bytes=20000000-' } });
    expect(video.subarray(20_000_000).equals(Buffer.from(await part.arrayBuffer()))).toBe(true);
  });

  test('what is refused is not kept', async () => {
    const before = await bucket.keys();
    expect((await upload(Buffer.from('<html>'), 'text/html')).status).toBe(422);
    expect(await bucket.keys()).toEqual(before);
  });

  test('what is deleted is gone from it', async () => {
    const { body } = await upload(await drawPicture());
    const { request_id: id, output } = await made();
    const keys = [body.url, output.image].map(
      (url) => `darkroom/files/${new URL(url).pathname.split('/')[2]}`,
    );
    expect(await bucket.keys()).toEqual(expect.arrayContaining(keys));
    expect((await call(server, `/v1/files/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await call(server, `/v1/requests/${id}`, { method: 'DELETE' })).status).toBe(204);
    await vi.waitFor(async () => {
      const left = await bucket.keys();
      for (const key of keys) expect(left).not.toContain(key);
    });
    expect((await fetch(output.image)).status).toBe(404);
  });

  test('a synchronous output lies there until it was fetched', async () => {
    const data = `data:image/png;base64,${(await drawPicture()).toString('base64')}`;
    const input = { prompt: 'mirror', image_urls: [data], output_format: 'jpeg', sync_mode: true };
    const id = await submit(server, input, 'google/nano-banana/pro/edit');
    const status = () => call(server, `/v1/requests/${id}/status?wait=20`);
    await eventually(async () => (await status()).body.status === 'completed');
    const rows = await rowsOf<{ id: string }>(server, "select id from files where kind = 'sync'");
    expect(rows).toHaveLength(1);
    const key = `darkroom/files/${rows[0]!.id}`;
    expect(await bucket.keys()).toContain(key);
    const { output } = await resultOf(server, id);
    expect(await lookAt(Buffer.from(output.image.split(',')[1], 'base64'))).toMatchObject({ format: 'jpeg' });
    await vi.waitFor(async () => expect(await bucket.keys()).not.toContain(key));
  });

  test('what has expired is swept from it', async () => {
    await made();
    await rowsOf(server, "update files set expires_at = now() - interval '1 second'");
    await using db = openDatabase(await targetOf(server.dataDir), { maxConnections: 2, log: silent });
    await using notifications = await openNotifications(db, silent);
    await using store = openS3Store(bucket.settings);
    const keeps = { outputRetentionMs: 0, requestRetentionMs: 0, webhookRetentionMs: 0 };
    const times = { sessionIdleMs: 60_000, sessionLifetimeMs: 60_000 };
    await sweep({ db, notifications, store, log: silent, ...keeps, ...times });
    expect(await bucket.keys()).toEqual([]);
    expect(await fileKeys()).toEqual([]);
  });
});

describe('with clients sent to the bucket', () => {
  let server: TestServer;
  beforeAll(async () => {
    const bucket = await makeBucket(s3);
    server = await startTestServer({ ...bucket.env, S3_SERVE: 'redirect' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('a file is at an address of the bucket for a while, as what it is', async () => {
    const { output, files } = await resultOf(server, await submit(server, { prompt: 'a boat', ...SMALL }));
    const sent = await fetch(output.image, { redirect: 'manual' });
    expect([sent.status, sent.headers.get('cache-control')]).toEqual([302, 'public, max-age=300']);
    expect(sent.headers.get('content-length')).toBe('0');
    const address = new URL(sent.headers.get('location')!);
    expect(address.origin).toBe(s3.endpoint);
    expect(address.searchParams.get('X-Amz-Expires')).toBe('900');
    // The same for everybody who asks meanwhile, so that it can be kept.
    const again = await fetch(output.image, { redirect: 'manual' });
    expect(again.headers.get('location')).toBe(address.href);

    const followed = await fetch(output.image, { headers: { range: 'bytes=1-' } });
    expect([followed.status, (await followed.arrayBuffer()).byteLength]).toEqual([206, files[0].bytes - 1]);
    expect(Object.fromEntries(followed.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': expect.stringMatching(/^inline; filename="output-\w{8}\.jpg"$/),
      'cache-control': 'public, max-age=31536000, immutable',
    });
    // What takes no bytes is answered here.
    const head = await fetch(output.image, { method: 'HEAD' });
    expect([head.url, head.headers.get('content-type')]).toEqual([output.image, 'image/jpeg']);
    const known = await fetch(output.image, { headers: { 'if-none-match': `"${files[0].sha256}"` } });
    expect(known.status).toBe(304);
  });

  test('what browsers do not show is to be saved, there too', async () => {
    const tiff = await sharp(await drawPicture())
      .tiff()
      .toBuffer();
    const { body } = await call(server, '/v1/files', {
      body: new Uint8Array(tiff),
      headers: { 'content-type': 'text/html' },
    });
    const followed = await fetch(body.url);
    expect(Object.fromEntries(followed.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': expect.stringMatching(/^attachment; /),
    });
    expect(Buffer.from(await followed.arrayBuffer()).equals(tiff)).toBe(true);
  });
});

describe('two servers, each with a data folder of its own, on one database and one bucket', () => {
  let shared: SharedPostgres;
  let folders: string[];
  let servers: [TestServer, TestServer];
  beforeAll(async () => {
    shared = await startSharedPostgres();
    folders = [await temporaryFolder(), await temporaryFolder()];
    const { env } = await makeBucket(s3);
    const start = (folder: string) => startTestServer({ ...env, DATABASE_URL: shared.databaseUrl }, folder);
    servers = [await start(folders[0]!), await start(folders[1]!)];
  });
  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server[Symbol.asyncDispose]()));
    await shared[Symbol.asyncDispose]();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  test('serve and use what the other has stored', async () => {
    const [one, other] = servers;
    const { body } = await call(one, '/v1/files', {
      body: new Uint8Array(await drawPicture()),
      headers: { 'content-type': 'image/png' },
    });
    const url = body.url.replace(one.url, other.url);
    expect((await fetch(url)).status).toBe(200);
    const ids = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        submit(
          servers[index % 2]!,
          { prompt: 'mirror', image_urls: [index % 2 ? url : body.url], ...SMALL },
          EDIT,
        ),
      ),
    );
    for (const [index, id] of ids.entries()) {
      const { output } = await resultOf(servers[(index + 1) % 2]!, id);
      for (const server of servers)
        expect((await fetch(server.url + new URL(output.image).pathname)).status).toBe(200);
    }
    expect((await call(other, `/v1/files/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(body.url)).status).toBe(404);
  });
});
