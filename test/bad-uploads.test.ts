/** Uploads that are no upload: refused with what to do, and nothing of them is kept. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, call, EDIT, resultOf, submit } from './support/api.ts';
import { expectCleanError, expectHealthy, expectWell } from './support/clean-error.ts';
import { drawPicture } from './support/pictures.ts';
import { openRaw, parseAnswer } from './support/raw-http.ts';
import { startTestServer } from './support/server.ts';

const MEBIBYTE = 2 ** 20;

let server: Awaited<ReturnType<typeof startTestServer>>;
let picture: Buffer;
beforeAll(async () => {
  server = await startTestServer();
  picture = await drawPicture();
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(async () => {
  await expectHealthy(server);
});

const listed = async (): Promise<number> => (await call(server, '/v1/files?limit=100')).body.files.length;
const post = (body: unknown, type?: string): Promise<Answer> =>
  call(server, '/v1/files', {
    method: 'POST',
    body: body as string,
    headers: type === undefined ? {} : { 'content-type': type },
  });

const FORM = 'multipart/form-data; boundary=b';
const part = (disposition: string, content = 'x', more = ''): string =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;

describe('a form', () => {
  const DAMAGED = { code: 400001, says: /broke off, or is no valid multipart\/form-data/ } as const;

  test.each([
    ['without a boundary', 'multipart/form-data', part('name="file"; filename="a.png"')],
    ['with another boundary', 'multipart/form-data; boundary=c', `${part('name="file"; filename="a"')}--b--`],
    ['without an end', FORM, part('name="file"; filename="a.png"')],
    ['cut in a header', FORM, '--b\r\nContent-Disposition: form-data; na'],
    ['of something else', FORM, '{"prompt":"a"}'],
    ['with a file called __proto__', FORM, `${part('name="__proto__"; filename="a"')}--b--`],
    ['with a field called constructor', FORM, `${part('name="constructor"')}--b--`],
  ])('%s is malformed', async (_, type, body) => {
    const before = await listed();
    expectCleanError(await post(body, type), DAMAGED);
    expect(await listed()).toBe(before);
  });

  test.each([
    ['with nothing in it', '--b--\r\n'],
    ['that is empty', ''],
    ['with a text field alone', `${part('name="file"')}--b--`],
  ])('%s has no file', async (_, body) => {
    const answer = await post(body, FORM);
    if (answer.status === 400) expectCleanError(answer, { code: 400001 });
    else expectCleanError(answer, { code: 422001, field: 'body.file', says: /is missing/ });
  });

  test('with two files is refused, and neither is kept', async () => {
    const before = await listed();
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(picture)]), 'one.png');
    form.append('file', new Blob([new Uint8Array(picture)]), 'two.png');
    expectCleanError(await post(form), { code: 422001, field: 'body.file', says: /must be a single file/ });
    expect(await listed()).toBe(before);
  });

  test('with thirty fields before its file is refused', async () => {
    const form = new FormData();
    for (let index = 0; index < 30; index++) form.append(`f${index}`, 'x');
    form.append('file', new Blob([new Uint8Array(picture)]), 'a.png');
    expectCleanError(await post(form), { code: 413001, says: /too many fields/ });
  });

  test('with a field of 20 MiB beside its file holds no more than its bound', async () => {
    const form = new FormData();
    form.append('note', 'x'.repeat(20 * MEBIBYTE));
    form.append('file', new Blob([new Uint8Array(picture)]), 'a.png');
    expect((await post(form)).status).toBe(201);
  });

  test('with a JSON field of brackets is passed over or refused', async () => {
    const body = part('name="x"', '['.repeat(500_000), 'Content-Type: application/json\r\n');
    const answer = await post(`${body}${part('name="file"; filename="a"')}--b--`, FORM);
    expectCleanError(answer, { code: answer.body.error_code });
    expect([400, 422]).toContain(answer.status);
  });

  test('whose file is larger than 100 MB is refused', async () => {
    const form = new FormData();
    form.append('file', new Blob([Buffer.alloc(101 * MEBIBYTE)]), 'a.png');
    expectCleanError(await post(form), { code: 413001, says: /images may have 50 MB, videos 100 MB/ });
  });

  test.each([
    ['../../../etc/cron.d/x', 'x'],
    ['C:\\Windows\\System32\\a.png', 'a.png'],
    ['a"; filename="b.png', 'a'],
    ['x'.repeat(5000), 'x'.repeat(200)],
    ['\u202egnp.exe', 'gnp.exe'],
    ['..', null],
    [' \u200b', null],
  ])('with a file called %j keeps it under a harmless name', async (name, kept) => {
    const form = `--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(form), picture, Buffer.from('\r\n--b--\r\n')]);
    const answer = await post(body, FORM);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    expect(answer.body.name).toBe(kept);
    expect(answer.body.url).toMatch(/\/files\/[0-9a-z]{32}\/upload\.png$/);
    const { headers } = await fetch(answer.body.url, { method: 'HEAD' });
    expect(headers.get('content-disposition')).toMatch(
      /^inline(; filename="[^"\\/]*"(; filename\*=UTF-8''[\w%.-]*)?)?$/,
    );
  });
});

describe('a body', () => {
  test('that is not there is no upload', async () => {
    expectCleanError(await call(server, '/v1/files', { method: 'POST' }), {
      code: 415001,
      says: /multipart\/form-data/,
    });
  });

  test('of an impossible type is refused for that', async () => {
    expectCleanError(await post(picture, ';'), { code: 415001, says: /Content-Type/ });
  });

  test.each([[undefined], ['text/html'], ['application/json']])(
    'of type %s is what its bytes say',
    async (type) => {
      expectCleanError(await post(Buffer.from('hello'), type), {
        code: 422001,
        field: 'body.file',
        says: /is not an image: it looks like text/,
      });
      expect((await post(picture, type)).body).toMatchObject({ content_type: 'image/png' });
    },
  );

  test('of JSON is a file that is no image, and is not parsed', async () => {
    expectCleanError(await post('['.repeat(5_000_000), 'application/json'), {
      code: 422001,
      field: 'body.file',
      says: /is not an image/,
    });
  });

  test.each([
    ['51 MB of an image', 51, /images may have 50 MB/],
    ['101 MB of anything', 101, /videos 100 MB/],
    ['120 MB of anything', 120, /videos 100 MB/],
  ])('of %s is too large', async (_, mebibytes, says) => {
    const before = await listed();
    const bytes = Buffer.alloc(mebibytes * MEBIBYTE);
    picture.copy(bytes);
    expectCleanError(await post(bytes, 'image/png'), { code: 413001, says });
    expect(await listed()).toBe(before);
  });

  test('that is refused leaves its connection usable', async () => {
    const bytes = 'hello';
    const head = (connection: string, body: string): string =>
      `POST /v1/files HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${server.key}\r\ncontent-type: image/png\r\n` +
      `content-length: ${body.length}\r\nconnection: ${connection}\r\n\r\n${body}`;
    using connection = await openRaw(server, head('keep-alive', bytes));
    const first = await connection.until(/\}$/);
    expectCleanError(parseAnswer(first), { code: 422001, field: 'body.file' });
    connection.socket.write(head('close', bytes));
    const both = await connection.closed;
    expectCleanError(parseAnswer(both.slice(first.length)), { code: 422001, field: 'body.file' });
  });

  test('that breaks off leaves nothing, and nobody waiting', async () => {
    const before = await listed();
    const head =
      `POST /v1/files HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${server.key}\r\ncontent-type: image/png\r\n` +
      'content-length: 100000\r\n\r\n';
    for (let times = 0; times < 20; times++) {
      using connection = await openRaw(server, Buffer.concat([Buffer.from(head), picture.subarray(0, 500)]));
      connection.socket.destroy();
      await connection.closed;
    }
    expect(await listed()).toBe(before);
    // Each was let go: the server closes without waiting for any.
    await expect.poll(() => openConnections(), { timeout: 3000 }).toBeLessThan(20);
  });
});

describe('deleting', () => {
  test.each([['x'], ['A'.repeat(32)], ['%00'], ['..%2f'], ['a'.repeat(31)]])(
    '%s, which is no id, is refused',
    async (id) => {
      expectCleanError(await call(server, `/v1/files/${id}`, { method: 'DELETE' }), { code: 400001 });
    },
  );

  test('an output by its file id is not possible', async () => {
    const result = await resultOf(
      server,
      await submit(server, { prompt: 'a', resolution: '0.5K' }, undefined),
    );
    const id = result.output.image.split('/').at(-2);
    expectCleanError(await call(server, `/v1/files/${id}`, { method: 'DELETE' }), { code: 404001 });
    expect((await fetch(result.output.image, { method: 'HEAD' })).status).toBe(200);
  });

  test('an upload that a request is waiting to use ends that request clearly', async () => {
    const { body } = await post(picture, 'image/png');
    expect((await call(server, `/v1/files/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    const id = await submit(server, { prompt: 'a', image_urls: [body.url] }, EDIT);
    expect((await resultOf(server, id)).error).toMatchObject({
      code: 'input_unreachable',
      message: 'image_urls[0] names a file that is not there, or no longer',
    });
  });
});

test('after all of this the server makes pictures as before', async () => {
  await expectWell(server);
});

const openConnections = (): Promise<number> =>
  new Promise((resolve, reject) =>
    server.app.server.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
