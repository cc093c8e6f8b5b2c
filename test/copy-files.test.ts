/** `darkroom files copy`: all files from the disk to a bucket and back, without losing or believing any. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, resultOf, submit } from './support/api.ts';
import { darkroom } from './support/command.ts';
import { stopLeftPostgres } from './support/database.ts';
import { drawPicture } from './support/pictures.ts';
import { makeBucket, startS3, type TestBucket, type TestS3 } from './support/s3.ts';
import { startTestServer, temporaryFolder } from './support/server.ts';

let s3: TestS3;
let bucket: TestBucket;
let dataDir: string;
/** Paths of files on any server with this data. */
let paths: string[];
let uploadId: string;
beforeAll(async () => {
  s3 = await startS3();
  bucket = await makeBucket(s3);
  dataDir = await temporaryFolder();
  await using server = await startTestServer({}, dataDir);
  const { output } = await resultOf(
    server,
    await submit(server, {
      prompt: 'a lighthouse',
      num_images: 3,
      resolution: '0.5K',
      output_format: 'jpeg',
    }),
  );
  const { body } = await call(server, '/v1/files', {
    body: new Uint8Array(await drawPicture()),
    headers: { 'content-type': 'image/png' },
  });
  uploadId = body.id;
  paths = [...output.images, body.url].map((url) => new URL(url).pathname);
});
afterAll(async () => {
  await stopLeftPostgres(dataDir);
  await s3[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

const copy = (...words: string[]) =>
  darkroom(['files', 'copy', ...words], { env: { ...bucket.env, DARKROOM_DATA_DIR: dataDir } });

async function onDisk(): Promise<string[]> {
  const entries = await readdir(join(dataDir, 'files', 'objects'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

test('without a bucket it says what is missing', async () => {
  const { code, stderr } = await darkroom(['files', 'copy', '--to', 's3'], {
    env: { DARKROOM_DATA_DIR: dataDir },
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('set S3_BUCKET')]);
});

test('all files go to the bucket, and a server that is started with it has them', async () => {
  expect(await copy('--to', 's3')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Copied 4 files, .* to bucket .*; 0 were there already/),
  });
  expect(await bucket.keys()).toHaveLength(4);
  await rm(join(dataDir, 'files'), { recursive: true });
  await using server = await startTestServer(bucket.env, dataDir);
  for (const path of paths) expect((await fetch(server.url + path)).status).toBe(200);
});

test('back again, and once more: what is there is passed over', async () => {
  expect((await copy('--to', 'disk')).stdout).toMatch(/^Copied 4 files/);
  expect((await copy('--to', 'disk')).stdout).toMatch(/^Copied 0 files.*; 4 were there already/);
  expect((await copy('--to', 's3')).stdout).toMatch(/^Copied 0 files.*; 4 were there already/);
  expect(await onDisk()).toHaveLength(4);
});

test('a file that is damaged or missing is named and not copied, and the others are', async () => {
  const [damaged, missing] = (await onDisk()).filter((path) => !path.endsWith(uploadId));
  await writeFile(damaged!, (await readFile(damaged!)).fill(0, 10, 20));
  await rm(missing!);
  const other = await makeBucket(s3);
  const { code, stdout, stderr } = await darkroom(['files', 'copy', '--to', 's3'], {
    env: { ...other.env, DARKROOM_DATA_DIR: dataDir },
  });
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^Copied 2 files/)]);
  expect(stderr).toContain(`${damaged!.split('/').at(-1)} is damaged`);
  expect(stderr).toContain(`${missing!.split('/').at(-1)} is not in`);
  expect(await other.keys()).toHaveLength(2);

  // Of the right length, it is only found out by reading it.
  expect((await copy('--to', 'disk')).stdout).toMatch(/^Copied 1 files/);
  expect((await copy('--to', 'disk', '--verify')).stdout).toMatch(/^Copied 1 files/);
  expect((await copy('--to', 'disk', '--verify')).stdout).toMatch(/^Copied 0 files/);
});

test('a bucket that does not work is told, and what to do', async () => {
  const { code, stderr } = await darkroom(['files', 'copy', '--to', 's3'], {
    env: { ...bucket.env, S3_BUCKET: 'nobody-made-it', DARKROOM_DATA_DIR: dataDir },
  });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/there is no such bucket.*Run it again/s)]);
});
