/** POST, GET and DELETE /v1/files, and all the ways an image gets into an edit. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey } from './support/accounts.ts';
import { type Answer, call, EDIT, resultOf, submit } from './support/api.ts';
import { drawPicture, pictureAt, startPictureHost } from './support/pictures.ts';
import { TIME } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

type Caller = Pick<TestServer, 'url' | 'key'>;

let server: TestServer;
let png: Buffer;
beforeAll(async () => {
  png = await drawPicture('png');
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const raw = (caller: Caller, bytes: Buffer, type = 'image/png'): Promise<Answer> =>
  call(caller, '/v1/files', { body: new Uint8Array(bytes), headers: { 'content-type': type } });
function form(caller: Caller, bytes: Buffer, name: string, field = 'file'): Promise<Answer> {
  const body = new FormData();
  body.append('purpose', 'a field beside it');
  body.append(field, new Blob([new Uint8Array(bytes)]), name);
  return call(caller, '/v1/files', { body });
}
const edit = async (
  caller: Caller,
  urls: string[],
  fields: Record<string, unknown> = {},
): Promise<Answer['body']> =>
  resultOf(
    caller,
    await submit(caller, { prompt: 'mirror', resolution: '0.5K', image_urls: urls, ...fields }, EDIT),
  );
const dataUri = (bytes: Buffer, type = 'image/png'): string =>
  `data:${type};base64,${bytes.toString('base64')}`;

describe('an upload', () => {
  test('as multipart form: 201, with its URL, name, size and hash', async () => {
    const { status, body } = await form(server, png, 'a boat.png');
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-z]{32}$/),
      url: `${server.url}/files/${body.id}/upload.png`,
      name: 'a boat.png',
      content_type: 'image/png',
      bytes: png.length,
      width: 640,
      height: 480,
      sha256: createHash('sha256').update(png).digest('hex'),
      created_at: expect.stringMatching(TIME),
    });
    const served = await fetch(body.url);
    expect(Buffer.from(await served.arrayBuffer()).equals(png)).toBe(true);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect(served.headers.get('content-disposition')).toContain('a boat.png');
  });

  test('in any field of a form', async () => {
    expect((await form(server, png, 'a.png', 'image')).status).toBe(201);
  });

  test('as the raw body; its type is what its bytes say', async () => {
    for (const type of ['image/png', 'application/octet-stream', 'image/jpeg']) {
      const { status, body } = await raw(server, png, type);
      expect([type, status, body.content_type, body.name]).toEqual([type, 201, 'image/png', null]);
    }
    for (const format of ['jpeg', 'webp'] as const)
      expect((await raw(server, await drawPicture(format))).body.content_type).toBe(`image/${format}`);
  });

  test('that is no image is refused, whatever it is called', async () => {
    const { status, body } = await raw(server, Buffer.from('<html><script>alert(1)</script></html>'));
    expect([status, body.error_code, body.detail[0].loc]).toEqual([422, 422001, ['body', 'file']]);
    expect(
      (await call(server, '/v1/files')).body.files.map((file: { bytes: number }) => file.bytes),
    ).not.toContain(38);
  });

  test('needs a key that may generate', async () => {
    const { key } = await makeKey(server, { scopes: ['read'] });
    expect((await raw({ ...server, key }, png)).status).toBe(403);
    expect((await call(server, '/v1/files', { body: new Uint8Array(png), key: null })).status).toBe(401);
  });
});

describe('the list', () => {
  test('has the newest first, in pages without gaps or repeats', async () => {
    const account = await makeAccount(server);
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.push((await raw(account, png)).body.id);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { status, body }: Answer = await call(
        account,
        `/v1/files?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      expect(status).toBe(200);
      expect(Object.keys(body)).toEqual(['files', 'next_cursor']);
      seen.push(...body.files.map((file: { id: string }) => file.id));
      await raw(account, png);
      cursor = body.next_cursor;
    }
    expect(seen).toEqual(made.toReversed());
  });

  test("shows an account's own uploads alone, and none of its outputs", async () => {
    const account = await makeAccount(server);
    const { body } = await raw(account, png);
    await edit(account, [body.url]);
    expect((await call(account, '/v1/files')).body).toEqual({ files: [body], next_cursor: null });
  });

  test.each(['cursor=nonsense', 'limit=0', 'limit=101'])('%s is a 422 that names it', async (query) => {
    const { status, body } = await call(server, `/v1/files?${query}`);
    expect([status, body.detail[0].loc]).toEqual([422, ['query', query.split('=')[0]]]);
  });
});

describe('deleting', () => {
  const remove = (caller: Caller, id: string) => call(caller, `/v1/files/${id}`, { method: 'DELETE' });

  test('takes it from the list and from its URL, at once', async () => {
    const { body } = await raw(server, png);
    const deleted = await remove(server, body.id);
    expect([deleted.status, deleted.body]).toEqual([204, '']);
    expect((await fetch(body.url)).status).toBe(404);
    const { files } = (await call(server, '/v1/files?limit=100')).body;
    expect(files.map((file: { id: string }) => file.id)).not.toContain(body.id);
    expect((await remove(server, body.id)).status).toBe(404);
    const failed = await edit(server, [body.url]);
    expect(failed.error).toMatchObject({ code: 'input_unreachable', retryable: false });
    expect(failed.error.message).toMatch(/^image_urls\[0\] /);
  });

  test("another account's file is no such file; an id that is none is malformed; an output is not an upload", async () => {
    const stranger = await makeAccount(server);
    const { body } = await raw(server, png);
    expect((await remove(stranger, body.id)).body.error_code).toBe(404001);
    expect((await fetch(body.url)).status).toBe(200);
    expect((await remove(server, 'none')).body.error_code).toBe(400001);
    const { output } = await edit(server, [body.url]);
    const outputId = output.image.split('/').at(-2);
    expect((await remove(server, outputId)).status).toBe(404);
  });
});

describe('an edit takes', () => {
  test('an uploaded file by its URL, and makes its picture of it', async () => {
    const { body } = await raw(
      server,
      await drawPicture('jpeg', { width: 300, height: 900, colour: '#0000ff' }),
    );
    const result = await edit(server, [body.url], { output_format: 'webp' });
    // `auto` is the ratio of what was sent: 9:16 is the nearest to 1:3.
    expect(await pictureAt(result.output.image)).toMatchObject({ width: 384, height: 688, format: 'webp' });
  });

  test('the same file under any name this machine has for the server', async () => {
    const { body } = await raw(server, png);
    const { port } = new URL(server.url);
    for (const origin of [`http://localhost:${port}`, `http://127.0.0.1:${port}`])
      expect((await edit(server, [body.url.replace(server.url, origin)])).status).toBe('completed');
  });

  test('an output of before', async () => {
    const { body } = await raw(server, png);
    const first = await edit(server, [body.url]);
    expect((await edit(server, [first.output.image])).status).toBe('completed');
  });

  test('data URIs, several and mixed with URLs; the history shows them as files', async () => {
    const { body } = await raw(server, png);
    const jpeg = await drawPicture('jpeg', { colour: '#00ff00' });
    const result = await edit(server, [dataUri(png), body.url, dataUri(jpeg, 'image/jpeg')]);
    expect(result.status).toBe('completed');
    const { body: history } = await call(server, '/v1/requests?limit=1');
    const { image_urls: urls } = history.requests[0].input;
    expect(history.requests[0].request_id).toBe(result.request_id);
    expect(urls[1]).toBe(body.url);
    for (const [index, bytes] of [
      [0, png],
      [2, jpeg],
    ] as const) {
      const served = await fetch(urls[index]);
      expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);
    }
  });

  test('a picture from a host that the operator allows, fetched once for all images', async () => {
    await using host = await startPictureHost(png);
    await using open = await startTestServer({ DARKROOM_ALLOW_INPUT_HOSTS: host.host });
    const result = await edit(open, [`${host.url}/a.png`], { num_images: 3 });
    expect(result.files).toHaveLength(3);
    expect(host.asked).toEqual(['/a.png']);
    // The same one where nobody allowed it.
    expect((await edit(server, [`${host.url}/b.png`])).error.code).toBe('input_unreachable');
    expect(host.asked).toEqual(['/a.png']);
  });
});

describe('a data URI that is none is refused at once, with its place:', () => {
  test.each([
    ['text', 'data:text/html;base64,PGI+aGk8L2I+'],
    ['no base64', 'data:image/png,abc'],
    ['broken base64', 'data:image/png;base64,@@@@'],
    ['an empty one', 'data:image/png;base64,'],
    ['half a picture', ''],
  ])('%s', async (what, uri) => {
    const bad = what === 'half a picture' ? dataUri(png.subarray(0, 20)) : uri;
    const { status, body } = await call(server, `/v1/models/${EDIT}`, {
      json: { prompt: 'x', image_urls: [dataUri(png), bad] },
    });
    expect([status, body.error_code]).toEqual([422, 422001]);
    expect(body.detail.map(({ loc }: { loc: string[] }) => loc)).toEqual([['body', 'image_urls', '1']]);
    // Nobody wants the bytes back.
    expect(body.message.length).toBeLessThan(300);
  });
});

test('with an address of its own to the world, URLs are of that address and work as inputs all the same', async () => {
  await using published = await startTestServer({ DARKROOM_PUBLIC_URL: 'https://images.example.com/api/' });
  const { body } = await raw(published, png);
  expect(body.url).toBe(`https://images.example.com/api/files/${body.id}/upload.png`);
  const local = body.url.replace('https://images.example.com/api', published.url);
  expect((await fetch(local)).status).toBe(200);
  for (const url of [body.url, local]) {
    const result = await edit(published, [url]);
    expect(result.status).toBe('completed');
    expect(result.output.image).toMatch(/^https:\/\/images\.example\.com\/api\/files\//);
    expect(result.status_url).toMatch(/^https:\/\/images\.example\.com\/api\/v1\/requests\//);
  }
  const { body: entry } = await call(published, `/v1/models/${EDIT}`);
  expect(entry.model_url).toBe(`https://images.example.com/api/v1/models/${EDIT}`);
});
