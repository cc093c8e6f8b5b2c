/** POST /v1/models/{model_id}: what is taken in, and what is answered. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDatabase } from '../src/cli/with-database.ts';
import { readConfig } from '../src/config/config.ts';
import { statement } from '../src/db/database.ts';
import { makeAccount, rowsOf } from './support/accounts.ts';
import { call, EDIT, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { UUID } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const NANO_BANANA = 'google/nano-banana/text-to-image';
const PRO = 'google/nano-banana/pro/text-to-image';
const MODELS = [
  TEXT_TO_IMAGE,
  EDIT,
  NANO_BANANA,
  'google/nano-banana/edit',
  PRO,
  'google/nano-banana/pro/edit',
];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (input: unknown, headers: Record<string, string> = {}, model = TEXT_TO_IMAGE) =>
  call(server, `/v1/models/${model}`, { json: input, headers });

/** The input as it was taken in. */
async function takenIn(requestId: string): Promise<Record<string, unknown>> {
  const { body } = await call(server, '/v1/requests?limit=100');
  return body.requests.find((one: { request_id: string }) => one.request_id === requestId).input;
}

test('the answer has exactly four fields, in this order, and the URLs are those of the request', async () => {
  const { status, body, headers } = await post({ prompt: 'a lighthouse' });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  expect(Object.keys(body)).toEqual(['request_id', 'status_url', 'result_url', 'cancel_url']);
  expect(body.request_id).toMatch(UUID);
  const base = `${server.url}/v1/requests/${body.request_id}`;
  expect(body.status_url).toBe(`${base}/status`);
  expect(body.result_url).toBe(`${base}/result`);
  expect(body.cancel_url).toBe(`${base}/cancel`);
  for (const url of [body.status_url, body.result_url]) expect((await call(server, url)).status).toBe(200);
});

describe('input', () => {
  test('absent fields are filled with their defaults, but the seed, which is drawn', async () => {
    const id = await submit(server, { prompt: 'a lighthouse' });
    expect(await takenIn(id)).toEqual({
      prompt: 'a lighthouse',
      num_images: 1,
      aspect_ratio: 'auto',
      resolution: '1K',
      output_format: 'png',
      safety_tolerance: 4,
      limit_generations: true,
      enable_web_search: false,
    });
    const other = await submit(server, { prompt: 'a lighthouse' });
    const seeds = await Promise.all(
      [id, other].map(async (one) => (await resultOf(server, one)).files[0].seed),
    );
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0)).toBe(true);
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  test('a given seed is used, 0 as well, and gives the same picture again', async () => {
    const input = { prompt: 'a lighthouse', seed: 0, resolution: '0.5K' };
    const first = await resultOf(server, await submit(server, input));
    const second = await resultOf(server, await submit(server, input));
    expect(first.files[0].seed).toBe(0);
    expect(second.files[0].sha256).toBe(first.files[0].sha256);
  });

  test.each(MODELS)(
    '%s: a missing prompt is an error, although the schema has a default for it',
    async (model) => {
      const { status, body } = await post({ image_urls: ['https://example.com/a.png'] }, {}, model);
      expect(status).toBe(422);
      expect(body.detail).toContainEqual({ loc: ['body', 'prompt'], msg: 'is required', type: 'required' });
    },
  );

  test('nothing is coerced', async () => {
    for (const [field, value] of [
      ['num_images', '2'],
      ['num_images', 1.5],
      ['limit_generations', 'true'],
      ['limit_generations', 1],
      ['prompt', 5],
      ['seed', '7'],
      ['seed', null],
    ] as const) {
      const { status, body } = await post({ prompt: 'x', [field]: value });
      expect([status, body.detail[0].loc, body.detail[0].type]).toEqual([422, ['body', field], 'type']);
    }
  });

  test('every violation is told at once, each with its place', async () => {
    const { status, body } = await post({
      num_images: 5,
      aspect_ratio: '7:3',
      resolution: '8K',
      safety_tolerance: 0,
      limit_generations: 'yes',
    });
    expect(status).toBe(422);
    expect(body.error_code).toBe(422001);
    expect(body.detail.map(({ loc, type }: { loc: string[]; type: string }) => [loc, type])).toEqual(
      expect.arrayContaining([
        [['body', 'prompt'], 'required'],
        [['body', 'num_images'], 'maximum'],
        [['body', 'aspect_ratio'], 'enum'],
        [['body', 'resolution'], 'enum'],
        [['body', 'safety_tolerance'], 'enum'],
        [['body', 'limit_generations'], 'type'],
      ]),
    );
    expect(body.detail).toHaveLength(6);
  });

  test('the place of a wrong item is in strings', async () => {
    const { body } = await post({ prompt: 'x', image_urls: ['https://example.com/a.png', 5] }, {}, EDIT);
    expect(body.detail.map(({ loc }: { loc: string[] }) => loc)).toEqual([['body', 'image_urls', '1']]);
  });

  test('bounds are those of the model: 1..20 image URLs, 1000 characters, an enum of counts', async () => {
    const urls = (count: number) => Array.from({ length: count }, (_, n) => `https://example.com/${n}.png`);
    const typeOf = async (input: unknown, model: string) => {
      const { status, body } = await post(input, {}, model);
      return status === 200 ? 200 : body.detail[0].type;
    };
    expect(await typeOf({ prompt: 'x', image_urls: urls(20) }, EDIT)).toBe(200);
    expect(await typeOf({ prompt: 'x', image_urls: urls(21) }, EDIT)).toBe('maxItems');
    expect(await typeOf({ prompt: 'x', image_urls: [] }, EDIT)).toBe('minItems');
    // Characters, not the units a string is stored in.
    expect(await typeOf({ prompt: '🏮'.repeat(1000) }, NANO_BANANA)).toBe(200);
    expect(await typeOf({ prompt: 'x'.repeat(1001) }, NANO_BANANA)).toBe('maxLength');
    expect(await typeOf({ prompt: 'x', num_images: 5 }, NANO_BANANA)).toBe('enum');
    expect(await typeOf({ prompt: 'x', aspect_ratio: 'auto' }, NANO_BANANA)).toBe('enum');
    expect(await typeOf({ prompt: 'x', resolution: '0.5K' }, PRO)).toBe('enum');
  });

  test('unknown fields come back as warnings in status and result, with what was probably meant', async () => {
    const { status, body } = await post({
      prompt: 'x',
      resolution: '0.5K',
      num_image: 2,
      negative_prompt: 'y',
    });
    expect(status).toBe(200);
    const result = await resultOf(server, body.request_id);
    const { body: state } = await call(server, `/v1/requests/${body.request_id}/status`);
    for (const { warnings } of [result, state]) {
      expect(warnings).toEqual([
        { field: 'num_image', message: 'unknown field, ignored; did you mean num_images?' },
        { field: 'negative_prompt', message: expect.stringMatching(/^unknown field, ignored/) },
      ]);
    }
    expect(result.files).toHaveLength(1);
    expect(await takenIn(body.request_id)).not.toHaveProperty('num_image');
  });

  test('Prefer: handling=strict turns unknown fields into violations, beside all others', async () => {
    const input = { prompt: 'x', num_image: 2 };
    for (const prefer of [
      'handling=strict',
      'respond-async, handling=strict',
      'handling="strict"',
      'Handling=Strict',
    ]) {
      const { status, body } = await post(input, { prefer });
      expect([prefer, status]).toEqual([prefer, 422]);
      expect(body.detail).toEqual([
        {
          loc: ['body', 'num_image'],
          msg: 'is not a known field; did you mean num_images?',
          type: 'unknown_field',
        },
      ]);
    }
    expect((await post({ ...input, num_images: 9 }, { prefer: 'handling=strict' })).body.detail).toHaveLength(
      2,
    );
    expect((await post(input, { prefer: 'handling=lenient' })).status).toBe(200);
    expect((await post({ prompt: 'x' }, { prefer: 'handling=strict' })).status).toBe(200);
  });

  test('limit_generations takes one image of a round; without it all of them are kept', async () => {
    const prompt = 'x [[sandbox:images=3]]';
    const one = await resultOf(server, await submit(server, { prompt, resolution: '0.5K' }));
    expect(one.files).toHaveLength(1);
    const all = await resultOf(
      server,
      await submit(server, { prompt, resolution: '0.5K', limit_generations: false }),
    );
    expect(all.output.images).toHaveLength(3);
    expect(all.cost).toBeCloseTo(3 * 0.045, 9);
  });
});

describe('the model', () => {
  test('an alias names the same model', async () => {
    const id = await submit(server, { prompt: 'x' }, 'google/nano-banana-pro/text-to-image');
    expect((await call(server, `/v1/requests/${id}/status`)).body.model_id).toBe(PRO);
  });

  test('one that is not there is a 404 that says where to look', async () => {
    const { status, body } = await post({ prompt: 'x' }, {}, 'google/nano-bananas/edit');
    expect([status, body.error_code]).toEqual([404, 404001]);
    expect(body.message).toContain('google/nano-bananas/edit');
    expect(body.message).toContain('/v1/models');
  });
});

describe('Idempotency-Key', () => {
  const key = (name: string) => ({ 'idempotency-key': name });

  test('the same key and body answer with the first request, also after it has ended', async () => {
    const input = { prompt: 'once', resolution: '0.5K' };
    const first = await post(input, key('same'));
    expect(first.headers.has('idempotency-replayed')).toBe(false);
    const again = await post(input, key('same'));
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    await resultOf(server, first.body.request_id);
    expect((await post(input, key('same'))).body).toEqual(first.body);
    // The order of fields and a default that is spelt out make no other body.
    const spelt = { num_images: 1, resolution: '0.5K', prompt: 'once' };
    expect((await post(spelt, key('same'))).body).toEqual(first.body);
  });

  test('the same key with another body or model is a 422', async () => {
    await post({ prompt: 'one' }, key('other'));
    for (const { status, body } of [
      await post({ prompt: 'two' }, key('other')),
      await post({ prompt: 'one' }, key('other'), PRO),
    ]) {
      expect([status, body.error_code]).toEqual([422, 422001]);
      expect(body.detail[0].loc).toEqual(['header', 'Idempotency-Key']);
    }
  });

  test('keys of different accounts have nothing to do with each other', async () => {
    const other = await makeAccount(server);
    const first = await post({ prompt: 'one' }, key('shared'));
    const theirs = await call(other, `/v1/models/${TEXT_TO_IMAGE}`, {
      json: { prompt: 'two' },
      headers: key('shared'),
    });
    expect(theirs.status).toBe(200);
    expect(theirs.body.request_id).not.toBe(first.body.request_id);
  });

  test('while the first one is still being taken in, a second one is a 409 that says when to come back', async () => {
    const input = { prompt: 'in flight' };
    const { both, refused } = await withDatabase(readConfig({ DARKROOM_DATA_DIR: server.dataDir }), (db) =>
      db.transaction(async (tx) => {
        // Holds whichever comes first in the middle of its transaction.
        await tx.rows(statement('lock_idempotency_keys', 'lock table idempotency_keys'));
        const both = [post(input, key('in flight')), post(input, key('in flight'))];
        return { both, refused: await Promise.race(both) };
      }),
    );
    expect([refused.status, refused.body.error_code]).toEqual([409, 409001]);
    expect(refused.headers.get('retry-after')).toBe('1');
    const accepted = (await Promise.all(both)).filter(({ status }) => status === 200);
    expect(accepted).toHaveLength(1);
    expect((await post(input, key('in flight'))).body).toEqual(accepted[0]!.body);
  });

  test('many at once make one request', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post({ prompt: 'many' }, key('many at once'))),
    );
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken.length).toBeGreaterThan(0);
    expect(new Set(taken.map(({ body }) => body.request_id)).size).toBe(1);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });

  test('a key is kept for 24 hours', async () => {
    const first = await post({ prompt: 'yesterday' }, key('day'));
    const age = (hours: number) =>
      rowsOf(
        server,
        "update idempotency_keys set created_at = now() - make_interval(hours => $1) where key = 'day'",
        [hours],
      );
    await age(23);
    expect((await post({ prompt: 'yesterday' }, key('day'))).body).toEqual(first.body);
    await age(25);
    const next = await post({ prompt: 'today' }, key('day'));
    expect(next.status).toBe(200);
    expect(next.body.request_id).not.toBe(first.body.request_id);
  });

  test('it may have 255 characters, not more, none, or odd ones', async () => {
    expect((await post({ prompt: 'x' }, key('k'.repeat(255)))).status).toBe(200);
    for (const bad of ['k'.repeat(256), '', 'caf\u00e9']) {
      const { status, body } = await post({ prompt: 'x' }, key(bad));
      expect([status, body.detail?.[0].loc]).toEqual([422, ['header', 'Idempotency-Key']]);
    }
  });

  test('a submit that was refused leaves its key free', async () => {
    expect((await post({ prompt: 5 }, key('refused'))).status).toBe(422);
    expect((await post({ prompt: 'x' }, key('refused'))).status).toBe(200);
  });
});

describe('sync_mode', () => {
  const model = PRO;

  test('the output is a data URI, once; nothing is in the history, and no file is hosted', async () => {
    const id = await submit(server, { prompt: 'secret', sync_mode: true }, model);
    await resultOfStatus(id);
    const first = (await call(server, `/v1/requests/${id}/result`)).body;
    expect(first.status).toBe('completed');
    expect(first.output.image).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/);
    expect(first.files[0]).not.toHaveProperty('url');
    const { body: history } = await call(server, '/v1/requests?limit=100');
    expect(history.requests.map((one: { request_id: string }) => one.request_id)).not.toContain(id);
    const kept = await rowsOf<{ id: string }>(server, 'select id from files where request_id = $1', [id]);
    for (const file of kept)
      expect((await call(server, `/files/${file.id}`, { key: null })).status).toBe(404);
    await expect.poll(async () => (await call(server, `/v1/requests/${id}/result`)).body.output).toEqual({});
    const again = (await call(server, `/v1/requests/${id}/result`)).body;
    expect(again.warnings[0].message).toMatch(/kept until it has been fetched/);
    const rows = await rowsOf<{ input: unknown }>(server, 'select input from requests where id = $1', [id]);
    expect(rows).toEqual([{ input: {} }]);
  });

  async function resultOfStatus(id: string): Promise<void> {
    for (;;) {
      const { body } = await call(server, `/v1/requests/${id}/status?wait=20`);
      if (body.status === 'completed') return;
    }
  }
});

test('a server without a backend says so: 503, and the catalogue has nothing available', async () => {
  await using bare = await startTestServer({ DARKROOM_SANDBOX: 'off' });
  const { status, body, headers } = await call(bare, `/v1/models/${TEXT_TO_IMAGE}`, {
    json: { prompt: 'x' },
  });
  expect([status, body.error_code]).toEqual([503, 503001]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  const { body: catalogue } = await call(bare, '/v1/models');
  expect(catalogue.models.length).toBeGreaterThan(0);
  expect(catalogue.models.filter(({ available }: { available: boolean }) => available)).toEqual([]);
});
