/** Bodies that are no input: each is refused with the field's name, or taken with a warning; the server stays well. */
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, call, EDIT, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { type Expected, expectCleanError, expectWell } from './support/clean-error.ts';
import { startTestServer } from './support/server.ts';

let server: Awaited<ReturnType<typeof startTestServer>>;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => expectWell(server));

const JSON_TYPE = { 'content-type': 'application/json' };
const MEBIBYTE = 2 ** 20;

const post = (
  body: string | Buffer,
  headers: Record<string, string> = JSON_TYPE,
  model = TEXT_TO_IMAGE,
): Promise<Answer> => call(server, `/v1/models/${model}`, { method: 'POST', body: body as string, headers });

const refused = async (input: unknown, expected: Expected, model = TEXT_TO_IMAGE): Promise<void> =>
  expectCleanError(await post(JSON.stringify(input), JSON_TYPE, model), expected);

/** A body that is sent without saying how long it is. */
async function postInPieces(pieces: number, piece: Buffer): Promise<Answer> {
  const body = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (pieces-- > 0) controller.enqueue(new Uint8Array(piece));
      else controller.close();
    },
  });
  const response = await fetch(`${server.url}/v1/models/${TEXT_TO_IMAGE}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, ...JSON_TYPE },
    body,
    duplex: 'half',
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('what is no JSON is malformed:', () => {
  test.each([
    ['a brace alone', '{'],
    ['a word', 'prompt'],
    ['a comma too many', '{"prompt":"a",}'],
    ['single quotes', "{'prompt':'a'}"],
    ['a comment', '{"prompt":"a"} // so'],
    ['two values', '{"prompt":"a"}{"prompt":"b"}'],
    ['NaN', '{"prompt":"a","seed":NaN}'],
    ['an unended text', '{"prompt":"a'],
    ['a bare control character', '{"prompt":"a\u0001"}'],
    ['a bad escape', '{"prompt":"\\x41"}'],
    ['blanks alone', '  \n '],
    ['nothing', ''],
    ['a byte order mark alone', '\ufeff'],
    ['a form', 'prompt=a&seed=1'],
    ['a hundred thousand opened lists', '['.repeat(100_000)],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28])],
  ])('%s', async (_, body) => {
    expectCleanError(await post(body), { code: 400001, says: /not valid JSON|empty/, sent: ['NaN'] });
  });
});

describe('what is no object is refused:', () => {
  test.each([['null'], ['true'], ['17'], ['"prompt"'], ['[]'], ['[{"prompt":"a"}]']])('%s', async (body) => {
    expectCleanError(await post(body), { code: 422001, field: 'body', says: /must be an object/ });
  });
});

describe('the content type', () => {
  test.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['application/xml'],
    ['application/jsonp'],
    ['application/octet-stream'],
    ['multipart/form-data; boundary=a'],
    ['image/png'],
    ['json'],
    ['application/'],
    [';'],
  ])('%s is not JSON', async (type) => {
    expectCleanError(await post('{"prompt":"a"}', { 'content-type': type }), {
      code: 415001,
      says: /application\/json/,
    });
  });

  test('none at all is not JSON', async () => {
    expectCleanError(await post(Buffer.from('{"prompt":"a"}'), {}), { code: 415001 });
  });

  test.each([['application/json; charset=utf-8'], ['Application/JSON'], ['application/problem+json']])(
    '%s is JSON',
    async (type) => {
      expect((await post('{"prompt":"a"}', { 'content-type': type })).status).toBe(200);
    },
  );

  test.each([['gzip'], ['br'], ['gzip, identity']])('a body in %s is not unpacked', async (encoding) => {
    const packed = gzipSync(Buffer.alloc(MEBIBYTE, ' '));
    expectCleanError(await post(packed, { ...JSON_TYPE, 'content-encoding': encoding }), {
      code: 415001,
      says: /compressed/,
    });
  });
});

describe('a field that is wrong is named:', () => {
  test.each<[unknown, string, RegExp]>([
    [{}, 'body.prompt', /prompt is required/],
    [{ prompt: null }, 'body.prompt', /must be string/],
    [{ prompt: 1 }, 'body.prompt', /must be string/],
    [{ prompt: ['a'] }, 'body.prompt', /must be string/],
    [{ prompt: {} }, 'body.prompt', /must be string/],
    [{ prompt: 'a', num_images: '2' }, 'body.num_images', /must be integer/],
    [{ prompt: 'a', num_images: 1.5 }, 'body.num_images', /must be integer/],
    [{ prompt: 'a', num_images: 0 }, 'body.num_images', /must be >= 1/],
    [{ prompt: 'a', num_images: 5 }, 'body.num_images', /must be <= 4/],
    [{ prompt: 'a', num_images: -1 }, 'body.num_images', /must be >= 1/],
    [{ prompt: 'a', num_images: null }, 'body.num_images', /must be integer/],
    [{ prompt: 'a', num_images: true }, 'body.num_images', /must be integer/],
    [{ prompt: 'a', num_images: [1] }, 'body.num_images', /must be integer/],
    [{ prompt: 'a', aspect_ratio: '16/9' }, 'body.aspect_ratio', /must be one of/],
    [{ prompt: 'a', aspect_ratio: 16 / 9 }, 'body.aspect_ratio', /must be string|must be one of/],
    [{ prompt: 'a', resolution: '1k' }, 'body.resolution', /must be one of: 0.5K, 1K/],
    [{ prompt: 'a', output_format: 'gif' }, 'body.output_format', /must be one of/],
    [{ prompt: 'a', seed: '7' }, 'body.seed', /must be integer/],
    [{ prompt: 'a', enable_web_search: 'yes' }, 'body.enable_web_search', /must be boolean/],
    [{ prompt: 'a', enable_web_search: 1 }, 'body.enable_web_search', /must be boolean/],
  ])('%j', async (input, field, says) => {
    await refused(input, { code: 422001, field, says });
  });

  test.each<[unknown, string, RegExp]>([
    [{ prompt: 'a' }, 'body.image_urls', /image_urls is required/],
    [{ prompt: 'a', image_urls: [] }, 'body.image_urls', /at least 1 item/],
    [{ prompt: 'a', image_urls: 'https://a.test/b.png' }, 'body.image_urls', /must be array/],
    [{ prompt: 'a', image_urls: [null] }, 'body.image_urls.0', /must be string/],
    [{ prompt: 'a', image_urls: [['https://a.test/b.png']] }, 'body.image_urls.0', /must be string/],
    [{ prompt: 'a', image_urls: Array(21).fill('https://a.test/b.png') }, 'body.image_urls', /at most 20/],
    [{ prompt: 'a', image_urls: { length: 1, 0: 'https://a.test' } }, 'body.image_urls', /must be array/],
  ])('%j of an edit', async (input, field, says) => {
    await refused(input, { code: 422001, field, says }, EDIT);
  });

  test('all that is wrong is told at once', async () => {
    const answer = await post('{"num_images":9,"resolution":"8K","seed":"x","output_format":7}');
    expectCleanError(answer, { code: 422001 });
    expect(answer.body.detail.map(({ loc }: { loc: string[] }) => loc[1]).sort()).toEqual([
      'num_images',
      'output_format',
      'prompt',
      'resolution',
      'seed',
    ]);
  });
});

describe('numbers at the edge', () => {
  test.each([
    ['1e999', /must be integer/],
    ['-1e999', /must be integer/],
    ['9007199254740993', /must be <= 9007199254740991/],
    ['-9007199254740993', /must be >= -9007199254740991/],
    ['1e300', /must be <= /],
    ['123456789012345678901234567890', /must be <= /],
    ['0.1', /must be integer/],
  ])('a seed of %s is refused, not rounded', async (seed, says) => {
    expectCleanError(await post(`{"prompt":"a","seed":${seed}}`), { code: 422001, field: 'body.seed', says });
  });

  test.each([
    ['-0', 0],
    ['0', 0],
    ['2147483647', 2147483647],
    ['1e3', 1000],
  ])('a seed of %s is used', async (seed, used) => {
    const { body } = await post(`{"prompt":"a","resolution":"0.5K","seed":${seed}}`);
    const result = await resultOf(server, body.request_id);
    expect(result.files[0].seed).toBe(used);
    expect(result.adjustments).toBeUndefined();
  });

  test.each([['9007199254740991'], ['-1'], ['2147483648']])(
    'a seed of %s, which no backend takes, is told to have been changed',
    async (seed) => {
      const { body } = await post(`{"prompt":"a","resolution":"0.5K","seed":${seed}}`);
      const result = await resultOf(server, body.request_id);
      expect(result.status).toBe('completed');
      expect(result.adjustments.join()).toContain(`seed ${seed} is outside`);
    },
  );

  test.each([['1e999'], ['-0'], ['9007199254740993']])('%s images are refused', async (count) => {
    expectCleanError(await post(`{"prompt":"a","num_images":${count}}`), {
      code: 422001,
      field: 'body.num_images',
    });
  });
});

describe('odd fields', () => {
  test('of a field given twice the last counts, as JSON is read everywhere', async () => {
    expectCleanError(await post('{"prompt":"a","seed":1,"seed":"x"}'), {
      code: 422001,
      field: 'body.seed',
    });
    const { body } = await post('{"prompt":"a","resolution":"0.5K","seed":"x","seed":7}');
    expect((await resultOf(server, body.request_id)).files[0].seed).toBe(7);
  });

  test.each([
    ['__proto__', '{"prompt":"a","__proto__":{"num_images":4,"admin":true}}'],
    ['constructor', '{"prompt":"a","constructor":{"prototype":{"num_images":4}}}'],
    ['toString', '{"prompt":"a","toString":1}'],
    ['', '{"prompt":"a","":1}'],
  ])('%j is an unknown field like any other, and changes nothing', async (name, body) => {
    const answer = await post(body);
    const result = await resultOf(server, answer.body.request_id);
    expect(result).toMatchObject({ status: 'completed', output: { image: expect.any(String) } });
    expect(result.warnings).toEqual([{ field: name, message: 'unknown field, ignored' }]);
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
    expectCleanError(await post(body, { ...JSON_TYPE, prefer: 'handling=strict' }), {
      code: 422001,
      field: `body.${name}`,
    });
  });

  test('a prompt inherited through __proto__ is missing', async () => {
    expectCleanError(await post('{"__proto__":{"prompt":"a"}}'), { code: 422001, field: 'body.prompt' });
  });

  test('200,000 unknown fields are taken with a bounded number of warnings', async () => {
    const fields = Array.from({ length: 200_000 }, (_, index) => `"f${index}":0`).join(',');
    const answer = await post(`{"prompt":"a","resolution":"0.5K",${fields}}`);
    expect(answer.status).toBe(200);
    const { warnings } = await resultOf(server, answer.body.request_id);
    expect(warnings).toHaveLength(51);
    expect(warnings.at(-1)).toEqual({ field: '*', message: '199950 more unknown fields, ignored' });
  });

  test('200,000 unknown fields are refused in a bounded answer where the caller is strict', async () => {
    const fields = Array.from({ length: 200_000 }, (_, index) => `"f${index}":0`).join(',');
    const answer = await post(`{"prompt":"a",${fields}}`, { ...JSON_TYPE, prefer: 'handling=strict' });
    expectCleanError(answer, { code: 422001 });
    expect(answer.body.detail.length).toBeLessThan(60);
  });

  test('a field with a name of a megabyte is shortened in the warning', async () => {
    const answer = await post(`{"prompt":"a","resolution":"0.5K","${'n'.repeat(MEBIBYTE)}\ud800":0}`);
    const { warnings } = await resultOf(server, answer.body.request_id);
    expect(warnings[0].field).toMatch(/^n{63}…$/);
  });

  test('an unknown field with control characters and lone surrogates in its name is shown harmless', async () => {
    const answer = await post('{"prompt":"a","resolution":"0.5K","\\u0000\\u001b[31m\\ud800":0}');
    const { warnings } = await resultOf(server, answer.body.request_id);
    expect(warnings[0].field).toBe('\ufffd\ufffd[31m\ufffd');
  });
});

describe('deep bodies', () => {
  const deep = (depth: number, open: string, close: string): string =>
    open.repeat(depth) + close.repeat(depth);

  test.each([
    ['lists', deep(100_000, '[', ']')],
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ])('a prompt of 100,000 %s in one another is no text', async (_, value) => {
    expectCleanError(await post(`{"prompt":${value}}`), { code: 422001, field: 'body.prompt' });
  });

  test('an image address of 100,000 lists in one another is no text', async () => {
    const body = `{"prompt":"a","image_urls":[${deep(100_000, '[', ']')}]}`;
    expectCleanError(await post(body, JSON_TYPE, EDIT), { code: 422001, field: 'body.image_urls.0' });
  });

  test('an unknown field of 100,000 lists in one another is passed over', async () => {
    const answer = await post(`{"prompt":"a","resolution":"0.5K","deep":${deep(100_000, '[', ']')}}`);
    expect((await resultOf(server, answer.body.request_id)).status).toBe('completed');
  });

  test('a key of 100,000 lists in one another is refused', async () => {
    const body = `{"name":${deep(100_000, '[', ']')}}`;
    expectCleanError(await call(server, '/v1/keys', { method: 'POST', body, headers: JSON_TYPE }), {
      code: 422001,
      field: 'body.name',
    });
  });
});

describe('large bodies', () => {
  const TOO_LARGE: Expected = { code: 413001, says: /64 MiB.*POST \/v1\/files/ };

  test('65 MiB with their length are refused', async () => {
    expectCleanError(await post(Buffer.alloc(65 * MEBIBYTE, ' ')), TOO_LARGE);
  });

  test('65 MiB without their length are refused', async () => {
    expectCleanError(await postInPieces(65, Buffer.alloc(MEBIBYTE, ' ')), TOO_LARGE);
  });

  test('65 MiB from nobody are refused for that', async () => {
    const answer = await call(server, `/v1/models/${TEXT_TO_IMAGE}`, {
      body: Buffer.alloc(65 * MEBIBYTE, ' '),
      headers: JSON_TYPE,
      key: null,
    });
    expectCleanError(answer, { code: 400004 });
  });

  test('just under 64 MiB of blanks around an input are taken', async () => {
    const input = '{"prompt":"a","resolution":"0.5K"}';
    const answer = await post(input + ' '.repeat(64 * MEBIBYTE - input.length));
    expect(answer.status).toBe(200);
  });

  test.each([
    ['10 million image addresses', `{"prompt":"a","image_urls":["a"${',0'.repeat(10_000_000)}]}`],
    ['20 million objects', `{"prompt":"a","image_urls":[{}${',{}'.repeat(20_000_000)}]}`],
    ['60 million opened lists', `{"prompt":${'['.repeat(60_000_000)}`],
    ['4 million fields', `{"prompt":"a"${',"fie":0'.repeat(4_000_000)}}`],
  ])('%s are refused before they are read', async (_, body) => {
    const answer = await post(body, JSON_TYPE, EDIT);
    expectCleanError(answer, { code: 413001, says: /more than 250000 values/ });
  });

  test('200,000 image addresses are refused by name', async () => {
    const input = { prompt: 'a', image_urls: Array(200_000).fill('https://a.test/b.png') };
    await refused(input, { code: 422001, field: 'body.image_urls', says: /at most 20 items/ }, EDIT);
  });
});

test('a refused body leaves nothing behind', async () => {
  const before = (await call(server, '/v1/account')).body;
  await post('{"prompt":1}');
  await post('{');
  const { queued, running, budget } = (await call(server, '/v1/account')).body;
  expect({ queued, running, budget }).toEqual({
    queued: before.queued,
    running: before.running,
    budget: before.budget,
  });
  expect((await call(server, '/v1/requests?status=in_queue')).body.requests).toEqual([]);
  await submit(server, { prompt: 'a', resolution: '0.5K' });
});
