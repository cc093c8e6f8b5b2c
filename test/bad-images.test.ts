/** Bytes that are no image, or too much of one, by URL, as data and as uploads. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeKey } from './support/accounts.ts';
import { call, EDIT, resultOf, submit } from './support/api.ts';
import { type BadHost, sends, startBadHost } from './support/bad-host.ts';
import {
  animated,
  animatedPng,
  bombPng,
  HTML_IN_GIF,
  HTML_PAGE,
  lyingPng,
  pngWithTextBomb,
  SVG,
  truncated,
} from './support/bad-pictures.ts';
import { expectCleanError, expectFailedRequest, expectHealthy, expectWell } from './support/clean-error.ts';
import { drawPicture } from './support/pictures.ts';
import { startTestServer } from './support/server.ts';

const PATIENCE_MS = 8000;

interface BadImage {
  bytes: Buffer;
  /** What is said of it. */
  says: RegExp;
  code?: 'input_invalid' | 'input_too_large';
  /** Only decoding tells, which is not done before a request runs. */
  looksWell?: true;
}

const bad: Record<string, BadImage> = {};
const NAMES = [
  'an HTML page',
  'an SVG',
  'an SVG without a head',
  'a PDF',
  'text',
  'JSON',
  'a ZIP archive',
  'an empty file',
  'random bytes',
  'a PNG signature alone',
  'a page that begins as a GIF does',
  'a video',
  'a BMP',
  'a truncated PNG',
  'a truncated JPEG',
  'a truncated WebP',
  'a PNG of 30,000 × 30,000',
  'an animated GIF',
  'an animated WebP',
  'an animated PNG',
] as const;

let server: Awaited<ReturnType<typeof startTestServer>>;
let host: BadHost;

beforeAll(async () => {
  const whole = await drawPicture();
  const NO_IMAGE = /is not an image/;
  const DAMAGED = /is a damaged or incomplete (PNG|JPEG|WEBP|GIF) image|is not an image/;
  const ANIMATED = /is animated: send a single frame/;
  Object.assign(bad, {
    'an HTML page': { bytes: Buffer.from(HTML_PAGE), says: /is not an image: it looks like HTML/ },
    'an SVG': { bytes: SVG, says: /is not an image: it looks like SVG/ },
    'an SVG without a head': { bytes: SVG.subarray(21), says: /is not an image: it looks like SVG/ },
    'a PDF': { bytes: Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj'), says: /is not an image: it looks like a PDF/ },
    text: { bytes: Buffer.from('hello'), says: /is not an image: it looks like text/ },
    JSON: { bytes: Buffer.from('{"error":"gone"}'), says: /is not an image: it looks like JSON/ },
    'a ZIP archive': { bytes: Buffer.from('504b0304140000000000', 'hex'), says: NO_IMAGE },
    'an empty file': { bytes: Buffer.alloc(0), says: NO_IMAGE },
    'random bytes': { bytes: Buffer.from('00ff13378000000000000000ffeeddcc', 'hex'), says: NO_IMAGE },
    'a PNG signature alone': { bytes: whole.subarray(0, 8), says: DAMAGED },
    'a page that begins as a GIF does': { bytes: HTML_IN_GIF, says: DAMAGED },
    'a video': {
      bytes: Buffer.from('000000186674797069736f6d00000200', 'hex'),
      says: /is not an image: it looks like a video/,
      // As an upload it is one.
      looksWell: true,
    },
    'a BMP': {
      bytes: Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]),
      says: /is a BMP image, which is not accepted/,
    },
    'a truncated PNG': { bytes: await truncated('png'), says: DAMAGED, looksWell: true },
    'a truncated JPEG': { bytes: await truncated('jpeg'), says: DAMAGED, looksWell: true },
    'a truncated WebP': { bytes: await truncated('webp'), says: DAMAGED, looksWell: true },
    'a PNG of 30,000 × 30,000': {
      bytes: bombPng(30_000),
      says: /is 30000×30000 pixels, more than 100 megapixels/,
      code: 'input_too_large',
      looksWell: true,
    },
    'an animated GIF': { bytes: await animated('gif'), says: ANIMATED, looksWell: true },
    'an animated WebP': { bytes: await animated('webp'), says: ANIMATED, looksWell: true },
    'an animated PNG': { bytes: await animatedPng(), says: ANIMATED, looksWell: true },
  } satisfies Record<string, BadImage>);
  host = await startBadHost(
    Object.fromEntries([
      // Every one of them is called a PNG.
      ...Object.entries(bad).map(([name, { bytes }]) => [`/${encodeURIComponent(name)}`, sends(bytes)]),
      ['/good.html', sends(whole, 'text/html')],
      ['/text-bomb.png', sends(await pngWithTextBomb())],
      ['/lying.png', sends(lyingPng())],
    ]),
  );
  server = await startTestServer({ DARKROOM_ALLOW_INPUT_HOSTS: host.host });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});
afterEach(() => expectHealthy(server));

const edit = (url: string): Promise<string> =>
  submit(server, { prompt: 'warmer', image_urls: [url], resolution: '0.5K' }, EDIT);

test('the table of bad images is whole', () => {
  expect(Object.keys(bad)).toEqual([...NAMES]);
});

describe('behind a URL', () => {
  test.each(NAMES)('%s fails the request and is named', async (name) => {
    const { says, code = 'input_invalid' } = bad[name]!;
    const startedAt = performance.now();
    const id = await edit(`http://${host.host}/${encodeURIComponent(name)}`);
    await expectFailedRequest(server, id, { code, says: new RegExp(`^image_urls\\[0\\] (${says.source})`) });
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  });

  test('an image that is called a page is an image', async () => {
    expect((await resultOf(server, await edit(`http://${host.host}/good.html`))).status).toBe('completed');
  });

  test.each([['/text-bomb.png'], ['/lying.png']])(
    'what unpacks to 256 MiB without being pixels is not unpacked, %s',
    async (path) => {
      const before = process.memoryUsage().rss;
      const result = await resultOf(server, await edit(`http://${host.host}${path}`));
      expect(result.error?.code ?? 'completed').toMatch(/^(completed|input_invalid)$/);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    },
  );
});

describe('as data', () => {
  test.each(NAMES)('%s is refused or fails the request', async (name) => {
    const { bytes, says, code = 'input_invalid', looksWell } = bad[name]!;
    const url = `data:image/png;base64,${bytes.toString('base64')}`;
    const answer = await call(server, `/v1/models/${EDIT}`, { json: { prompt: 'a', image_urls: [url] } });
    if (looksWell && answer.status === 200)
      await expectFailedRequest(server, answer.body.request_id, { code, says });
    else expectCleanError(answer, { code: 422001, field: 'body.image_urls.0' });
  });

  test.each([
    ['with a line break', 'iVBOR\nw0KGgo='],
    ['of the other alphabet', 'iVBORw0-_go='],
    ['that ends early', 'iVBORw0KGgo'],
    ['with something behind its end', 'iVBORw0KGgo=AAAA'],
    ['of other letters', 'ĉVBORw0KGgo='],
  ])('base64 %s is refused', async (_, base64) => {
    const url = `data:image/png;base64,${base64}`;
    const answer = await call(server, `/v1/models/${EDIT}`, { json: { prompt: 'a', image_urls: [url] } });
    expectCleanError(answer, { code: 422001, field: 'body.image_urls.0' });
  });
});

describe('of a submit that is refused or was known', () => {
  const send = async (key: string, headers: Record<string, string> = {}) => {
    const url = `data:image/png;base64,${(await drawPicture()).toString('base64')}`;
    const json = { prompt: 'a', image_urls: [url], resolution: '0.5K' };
    return call({ url: server.url, key }, `/v1/models/${EDIT}`, { json, headers });
  };
  const kept = async (): Promise<number> =>
    (await readdir(join(server.dataDir, 'files/objects'), { recursive: true, withFileTypes: true })).filter(
      (entry) => entry.isFile(),
    ).length;

  test('no bytes are kept where the budget is spent', async () => {
    const { key } = await makeKey(server, { monthly_budget_usd: 0 });
    const before = await kept();
    expectCleanError(await send(key), { code: 400002 });
    expect(await kept()).toBe(before);
  });

  test('no bytes are kept twice of one that is replayed', async () => {
    const headers = { 'idempotency-key': 'replayed' };
    const first = await send(server.key, headers);
    await resultOf(server, first.body.request_id);
    const before = await kept();
    const again = await send(server.key, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await kept()).toBe(before);
  });
});

describe('as an upload', () => {
  const upload = (bytes: Buffer, type = 'image/png') =>
    call(server, '/v1/files', { method: 'POST', body: bytes as never, headers: { 'content-type': type } });

  test.each(NAMES)('%s is refused, or fails the request that uses it', async (name) => {
    const { bytes, says, code = 'input_invalid', looksWell } = bad[name]!;
    const answer = await upload(bytes);
    if (looksWell && answer.status === 201)
      await expectFailedRequest(server, await edit(answer.body.url), { code, says });
    else if (bytes.length === 0 && answer.status === 415) expectCleanError(answer, { code: 415001 });
    else expectCleanError(answer, { code: 422001, field: 'body.file' });
  });

  test('what was refused is neither listed nor served', async () => {
    const before = (await call(server, '/v1/files')).body.files.length;
    await upload(SVG, 'image/svg+xml');
    await upload(Buffer.from(HTML_PAGE), 'text/html');
    expect((await call(server, '/v1/files')).body.files).toHaveLength(before);
  });

  test('a page behind the end of an image is served as that image and nothing else', async () => {
    const bytes = Buffer.concat([await drawPicture(), Buffer.from('<script>alert(1)</script>')]);
    const { body, status } = await upload(bytes, 'text/html');
    expect(status).toBe(201);
    const served = await fetch(body.url);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect(served.headers.get('x-content-type-options')).toBe('nosniff');
    expect(served.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    await served.arrayBuffer();
  });

  test('a type no browser shows is offered for saving only', async () => {
    const { body } = await upload(
      await sharp(await drawPicture())
        .tiff()
        .toBuffer(),
    );
    const served = await fetch(body.url, { method: 'HEAD' });
    expect(served.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(served.headers.get('content-type')).toBe('application/octet-stream');
  });
});

test('after all of this the server makes pictures as before', async () => {
  await expectWell(server);
});
