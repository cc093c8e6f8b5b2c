/** Uploads that are announced, sent straight to where bytes are stored, and completed: the same calls wherever that is. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeAccount, rowsOf } from './support/accounts.ts';
import { type Answer, call, EDIT, resultOf, submit } from './support/api.ts';
import { drawPicture } from './support/pictures.ts';
import { TIME } from './support/requests.ts';
import { makeBucket, startS3, type TestBucket, type TestS3 } from './support/s3.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let s3: TestS3;
let png: Buffer;
beforeAll(async () => {
  s3 = await startS3();
  png = await drawPicture();
});
afterAll(() => s3[Symbol.asyncDispose]());

describe.each(['a disk', 'a bucket that only we reach', 'a bucket that clients reach'])('to %s', (where) => {
  const isDirect = where === 'a bucket that clients reach';
  let bucket: TestBucket | undefined;
  let server: TestServer;
  beforeAll(async () => {
    bucket = where === 'a disk' ? undefined : await makeBucket(s3);
    server = await startTestServer({ ...bucket?.env, ...(isDirect && { S3_PUBLIC_ENDPOINT: s3.endpoint }) });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const announce = (
    bytes: Buffer,
    fields: Record<string, unknown> = {},
    caller: Partial<TestServer> = server,
  ) => call({ ...server, ...caller }, '/v1/files/direct', { json: { bytes: bytes.length, ...fields } });
  const send = ({ body: { upload_url: url, method, headers } }: Answer, bytes: Buffer) =>
    fetch(url, { method, headers, body: new Uint8Array(bytes) });
  const complete = ({ body }: Answer) => call(server, body.complete_url, { method: 'POST' });

  test('a picture becomes a file like any other', async () => {
    const announced = await announce(png, { filename: '../my boat.png', content_type: 'image/png' });
    expect([announced.status, announced.body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^[0-9a-z]{32}$/),
        upload_url: expect.stringContaining(isDirect ? `${s3.endpoint}/` : `${server.url}/v1/files/`),
        method: 'PUT',
        headers: { 'content-type': 'image/png' },
        complete_url: `${server.url}/v1/files/${announced.body.id}/complete`,
        expires_at: expect.stringMatching(TIME),
      },
    ]);
    expect(Date.parse(announced.body.expires_at)).toBeGreaterThan(Date.now() + 3_500_000);
    expect((await send(announced, png)).ok).toBe(true);
    const { status, body } = await complete(announced);
    expect([status, body]).toEqual([
      200,
      {
        id: expect.stringMatching(/^[0-9a-z]{32}$/),
        url: `${server.url}/files/${body.id}/upload.png`,
        name: 'my boat.png',
        content_type: 'image/png',
        bytes: png.length,
        width: 640,
        height: 480,
        sha256: createHash('sha256').update(png).digest('hex'),
        created_at: expect.stringMatching(TIME),
      },
    ]);
    expect((await call(server, '/v1/files?limit=1')).body.files).toEqual([body]);
    expect(Buffer.from(await (await fetch(body.url)).arrayBuffer()).equals(png)).toBe(true);
    const id = await submit(server, { prompt: 'mirror', image_urls: [body.url], resolution: '0.5K' }, EDIT);
    expect((await resultOf(server, id)).status).toBe('completed');
  });

  test('completing again gives the same file, however many do it at once', async () => {
    const announced = await announce(png);
    await send(announced, png);
    const answers = await Promise.all(Array.from({ length: 5 }, () => complete(announced)));
    answers.push(await complete(announced));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const { files } = (await call(server, '/v1/files?limit=100')).body;
    expect(files.filter(({ id }: { id: string }) => id === answers[0]!.body.id)).toHaveLength(1);
  });

  test('until the bytes are there, it cannot be completed', async () => {
    const announced = await announce(png);
    const early = await complete(announced);
    expect([early.status, early.body.message]).toEqual([409, expect.stringContaining('have not arrived')]);
    await send(announced, png);
    expect((await complete(announced)).status).toBe(200);
  });

  test('other bytes than announced are refused, and may be sent again', async () => {
    const announced = await announce(png);
    const sent = await send(announced, png.subarray(1));
    // This bucket believes every signature; a real one refuses as we do.
    if (!isDirect) expect(sent.status).toBe(422);
    else expect((await complete(announced)).body.message).toMatch(/bytes that were announced/);
    await send(announced, png);
    expect((await complete(announced)).status).toBe(200);
  });

  test('what is no image or video is refused by its content, whatever it was called', async () => {
    const page = Buffer.from('<!doctype html><script>alert(1)</script>');
    const announced = await announce(page, { filename: 'cat.png', content_type: 'image/png' });
    await send(announced, page);
    const { status, body } = await complete(announced);
    expect([status, body.detail[0].loc]).toEqual([422, ['body', 'file']]);
    expect(body.message).toMatch(/looks like HTML/);
  });

  test('once it is a file, nobody can put other bytes in its place', async () => {
    const announced = await announce(png);
    await send(announced, png);
    const { body } = await complete(announced);
    const other = await drawPicture('png', { colour: '#00ff00' });
    const late = await send(announced, isDirect ? other : png);
    if (!isDirect) expect(late.status).toBe(404);
    expect((await complete(announced)).body).toEqual(body);
    expect(Buffer.from(await (await fetch(body.url)).arrayBuffer()).equals(png)).toBe(true);
    // What came too late has a row still, by which the sweep finds it.
    expect(
      await rowsOf(server, 'select kind from files where id = $1 and expires_at > now()', [
        announced.body.id,
      ]),
    ).toEqual([{ kind: 'direct' }]);
  });

  test('what was sent is not served, and not kept twice', async () => {
    const announced = await announce(png);
    await send(announced, png);
    expect((await fetch(`${server.url}/files/${announced.body.id}`)).status).toBe(404);
    await complete(announced);
    const key = `darkroom/files/${announced.body.id}`;
    await vi.waitFor(async () => expect((await bucket?.keys()) ?? []).not.toContain(key));
  });

  test("another account's is not there, and without a key nothing is completed", async () => {
    const announced = await announce(png);
    await send(announced, png);
    const other = await makeAccount(server);
    expect((await call(other, announced.body.complete_url, { method: 'POST' })).status).toBe(404);
    const anonymous = await call(server, announced.body.complete_url, { method: 'POST', key: null });
    expect(anonymous.status).toBe(401);
    expect((await complete(announced)).status).toBe(200);
  });

  test('after its time no bytes are taken, and it cannot be completed', async () => {
    const announced = await announce(png);
    await rowsOf(
      server,
      "update files set created_at = created_at - interval '61 minutes', expires_at = now() where id = $1",
      [announced.body.id],
    );
    if (!isDirect) expect((await send(announced, png)).status).toBe(404);
    expect((await complete(announced)).status).toBe(404);
  });
});

describe('an announcement', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each([
    ['no bytes', {}, 'bytes'],
    ['an empty file', { bytes: 0 }, 'bytes'],
    ['more than is taken', { bytes: 100 * 2 ** 20 }, 'bytes'],
    ['half a byte', { bytes: 1.5 }, 'bytes'],
    ['a name that is none', { bytes: 1, filename: 7 }, 'filename'],
    ['a header in the type', { bytes: 1, content_type: 'image/png\r\nx: y' }, 'content_type'],
  ])('of %s is refused, by its field', async (_, json, field) => {
    const { status, body } = await call(server, '/v1/files/direct', { json });
    expect([status, body.detail[0].loc]).toEqual([422, ['body', field]]);
  });

  test.each([
    ['PUT', `/v1/files/${'a'.repeat(32)}`, 404],
    ['PUT', '/v1/files/x', 400],
    ['POST', `/v1/files/${'a'.repeat(32)}/complete`, 404],
    ['POST', '/v1/files/x/complete', 400],
  ])('that nobody made: %s %s is %i', async (method, path, status) => {
    const body = method === 'PUT' ? 'bytes' : undefined;
    const answer = await call(server, path, { method, ...(body && { body }) });
    expect([answer.status, answer.body.request_id]).toEqual([status, expect.any(String)]);
  });
});
