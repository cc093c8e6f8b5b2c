/** Files in the input of the TypeScript client: everything that has bytes is uploaded, and nothing else is. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { file, type ImageInput } from '../src/client/index.ts';
import { EDIT } from './support/api.ts';
import { drawPicture } from './support/pictures.ts';
import { darkroom, proxy, setSdkStage } from './support/sdk-stage.ts';

setSdkStage();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-sdk-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A small picture, another one for each colour. */
const picture = (colour: string): Promise<Buffer> => drawPicture('png', { width: 64, height: 64, colour });

const uploads = (): number =>
  proxy.calls.filter(({ method, path }) => method === 'POST' && path === '/v1/files').length;

/** What the server was given as the images of a request. */
async function imagesOf(requestId: string): Promise<Buffer[]> {
  for await (const request of darkroom.requests.list())
    if (request.request_id === requestId)
      return Promise.all(
        (request.input.image_urls as string[]).map(async (url) =>
          Buffer.from(await (await fetch(url)).arrayBuffer()),
        ),
      );
  throw new Error('there is no such request');
}

test('whatever has bytes is uploaded, in its order', async () => {
  const colours = ['red', 'orange', 'yellow', 'green', 'blue', 'navy', 'violet', 'black', 'white'];
  const bytes = await Promise.all(colours.map(picture));
  await writeFile(join(folder, 'a.png'), bytes[0]!);
  await writeFile(join(folder, 'b.png'), bytes[1]!);
  const { buffer, byteOffset, byteLength } = bytes[6]!;
  const image_urls: ImageInput[] = [
    file(join(folder, 'a.png')),
    createReadStream(join(folder, 'b.png'), { highWaterMark: 100 }),
    new Blob([new Uint8Array(bytes[2]!)], { type: 'image/png' }),
    new File([new Uint8Array(bytes[3]!)], 'green.png'),
    bytes[4]!,
    new Uint8Array(bytes[5]!).buffer,
    new DataView(buffer, byteOffset, byteLength),
    new Blob([new Uint8Array(bytes[7]!)]).stream(),
    (async function* () {
      yield new Uint8Array(bytes[8]!.subarray(0, 50));
      yield new Uint8Array(bytes[8]!.subarray(50));
    })(),
  ];
  const { request_id } = await darkroom.submit(EDIT, { prompt: 'put them together', image_urls });
  expect(await imagesOf(request_id)).toEqual(bytes);
  expect(uploads()).toBe(9);
  const names = (await darkroom.files.list()).files.map(({ name }) => name);
  expect(names.reverse()).toEqual([
    'a.png',
    'file',
    'file',
    'green.png',
    'file',
    'file',
    'file',
    'file',
    'file',
  ]);
});

test('the same file at several places is uploaded once, and URLs are left as they are', async () => {
  const red = new Blob([new Uint8Array(await picture('red'))]);
  const { url } = await darkroom.files.upload(await picture('blue'));
  const input = { prompt: 'x', image_urls: [red, url, new URL(url), red] };
  const { request_id } = await darkroom.submit(EDIT, input);
  expect(uploads()).toBe(2);
  const [first, second, third, fourth] = await imagesOf(request_id);
  expect(first).toEqual(fourth);
  expect(second).toEqual(third);
  // The caller's own input is not written to.
  expect(input.image_urls[0]).toBe(red);
});

test('files are found at any depth', async () => {
  const nested = {
    prompt: 'x',
    settings: { layers: [[await picture('red')], { mask: await picture('blue') }] },
  };
  await expect(darkroom.submit(EDIT, nested as never)).rejects.toMatchObject({
    fields: { image_urls: expect.any(String) },
  });
  expect(uploads()).toBe(2);
});

test('a string is never read as a path, whatever it looks like', async () => {
  await writeFile(join(folder, 'secret.png'), await picture('red'));
  for (const path of [join(folder, 'secret.png'), `file://${join(folder, 'secret.png')}`, './package.json'])
    await expect(darkroom.submit(EDIT, { prompt: 'x', image_urls: [path] })).rejects.toMatchObject({
      status: 422,
    });
  await expect(
    darkroom.submit(EDIT, { prompt: 'x', image_urls: [new URL(`file://${join(folder, 'secret.png')}`)] }),
  ).rejects.toMatchObject({ status: 422 });
  // Nor is what a stranger can send as JSON.
  const forged = JSON.parse(JSON.stringify(file(join(folder, 'secret.png'))));
  await expect(darkroom.submit(EDIT, { prompt: 'x', image_urls: [forged] })).rejects.toMatchObject({
    status: 422,
  });
  expect(uploads()).toBe(0);
});

test('a file that is not there, is empty or is no picture is told, and nothing is submitted', async () => {
  const submit = (image: ImageInput) => darkroom.submit(EDIT, { prompt: 'x', image_urls: [image] });
  await expect(submit(file(join(folder, 'nowhere.png')))).rejects.toThrow('The file cannot be read: ENOENT');
  await expect(submit(new Blob([]))).rejects.toThrow('The file is empty.');
  await expect(submit(new Blob(['hello']))).rejects.toMatchObject({ status: expect.any(Number) });
  await expect(submit(endless())).rejects.toThrow('larger than any that is taken');
  expect(proxy.calls.filter(({ path }) => path.startsWith('/v1/models/'))).toEqual([]);
});

async function* endless(): AsyncGenerator<Uint8Array> {
  for (const chunk = new Uint8Array(2 ** 24); ; ) yield chunk;
}

test('an upload tells how far it is, and can be stopped', async () => {
  const bytes = await drawPicture('png', { width: 3000, height: 3000, colour: 'green' });
  const blob = new Blob([new Uint8Array(bytes)]);
  const seen: number[] = [];
  const upload = await darkroom.files.upload(blob, {
    filename: 'green.png',
    contentType: 'image/png',
    onProgress: ({ loaded, total }) => {
      expect(total).toBe(blob.size);
      seen.push(loaded);
    },
  });
  expect(upload).toMatchObject({ name: 'green.png', bytes: blob.size });
  expect(seen.length).toBeGreaterThan(1);
  expect(seen).toEqual([...seen].sort((one, other) => one - other));
  expect(seen.at(-1)).toBe(blob.size);

  const controller = new AbortController();
  const stopped = darkroom.files.upload(blob, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
});
