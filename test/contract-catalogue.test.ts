/** GET /v1/models, /v1/models/categories and /v1/models/{model_id}: the catalogue in three languages. */
import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, EDIT, TEXT_TO_IMAGE } from './support/api.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** What is on disk. */
const MODELS: { id: string; kind: string; categories: string[] }[] = globSync('models/**/model.json')
  .map((file) => JSON.parse(readFileSync(file, 'utf8')))
  .sort((a, b) => (a.id < b.id ? -1 : 1));
const IDS = MODELS.map(({ id }) => id);
const TOTAL = IDS.length;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const get = (path: string, headers: Record<string, string> = {}) => call(server, path, { headers });
const idsOf = (body: { models: { model_id: string }[] }): string[] => body.models.map((one) => one.model_id);
const page = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/seeds/${name}.json`, import.meta.url), 'utf8'));

describe('the list', () => {
  test('has every model, with how many there are', async () => {
    const { status, body } = await get('/v1/models');
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['models', 'total', 'limit', 'offset']);
    expect(idsOf(body).sort()).toEqual(IDS);
    expect([body.total, body.limit, body.offset]).toEqual([TOTAL, 50, 0]);
  });

  test('an entry tells all there is, and its schema only when asked', async () => {
    const { body } = await get('/v1/models');
    const entry = body.models.find((one: { model_id: string }) => one.model_id === TEXT_TO_IMAGE);
    expect(entry).toEqual({
      model_id: TEXT_TO_IMAGE,
      display_name: 'Nano Banana 2 Text to Image',
      description: expect.stringMatching(/\w/),
      categories: ['text-to-image'],
      kind: 'text-to-image',
      base_price_usd: 0.067,
      price_unit: 'output',
      pricing_note: expect.stringMatching(/0\.045/),
      model_url: `${server.url}/v1/models/${TEXT_TO_IMAGE}`,
      inputs: [
        'prompt',
        'num_images',
        'seed',
        'aspect_ratio',
        'resolution',
        'output_format',
        'safety_tolerance',
        'limit_generations',
        'enable_web_search',
      ],
      required_inputs: ['prompt'],
      available: true,
      aliases: [],
    });
    const { body: full } = await get('/v1/models?include_schema=true');
    for (const one of full.models) expect(Object.keys(one.input_schema.properties)).toEqual(one.inputs);
  });

  test('limit and offset walk through it', async () => {
    const { body: all } = await get('/v1/models');
    const seen: string[] = [];
    for (let offset = 0; offset < TOTAL; offset += 4) {
      const { body } = await get(`/v1/models?limit=4&offset=${offset}`);
      expect([body.total, body.limit, body.offset]).toEqual([TOTAL, 4, offset]);
      seen.push(...idsOf(body));
    }
    expect(seen).toEqual(idsOf(all));
    expect((await get(`/v1/models?offset=${TOTAL}`)).body).toMatchObject({ models: [], total: TOTAL });
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'offset=-1', 'kind=picture', 'include_schema=maybe'])(
    '%s is a 422 that names it',
    async (query) => {
      const { status, body } = await get(`/v1/models?${query}`);
      expect([status, body.detail[0].loc]).toEqual([422, ['query', query.split('=')[0]]]);
    },
  );

  test('kind, category and search each narrow it, and together more', async () => {
    const found = async (query: string) => {
      const { body } = await get(`/v1/models?${query}`);
      expect(body.total).toBe(body.models.length);
      return idsOf(body).sort();
    };
    const edits = IDS.filter((id) => id.endsWith('/edit'));
    expect(await found('kind=image-to-image')).toEqual(edits);
    expect(await found('category=image-edit')).toEqual(edits);
    expect(await found('kind=image-to-video')).toEqual([]);
    expect(await found('search=pro')).toEqual(
      expect.arrayContaining(IDS.filter((id) => id.includes('/pro/'))),
    );
    expect(await found('search=nano-banana-2&kind=image-to-image')).toEqual([EDIT]);
    expect(await found('search=NANO%20banana%202%20EDIT')).toContain(EDIT);
    // By the page's slug, which is an alias, and by a word of another language.
    expect(await found('search=nano-banana-pro/edit')).toContain('google/nano-banana/pro/edit');
    expect(await found(`search=${encodeURIComponent('圖像')}`)).not.toEqual([]);
    expect(await found('search=nothing-of-the-kind')).toEqual([]);
    expect(await found('search=')).toEqual(IDS);
  });

  test('categories are each there once', async () => {
    const { status, body } = await get('/v1/models/categories');
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['categories']);
    expect(body.categories).toEqual([...new Set(MODELS.flatMap(({ categories }) => categories))].sort());
  });
});

describe('one model', () => {
  test.each(IDS)('%s has its schemas', async (id) => {
    const { status, body } = await get(`/v1/models/${id}`);
    expect([status, body.model_id]).toEqual([200, id]);
    expect(body.input_schema.type).toBe('object');
    expect(Object.keys(body.output_schema)).toEqual(['output']);
  });

  test('is found by its alias, and with an encoded id', async () => {
    for (const id of ['google/nano-banana-pro/edit', 'google%2Fnano-banana%2Fpro%2Fedit'])
      expect((await get(`/v1/models/${id}`)).body.model_id).toBe('google/nano-banana/pro/edit');
  });

  test.each(['google/none', 'google', 'google/nano-banana/pro/edit/', ''])('%j is none', async (id) => {
    const { status, body } = await get(`/v1/models/${id}`);
    expect([status, body.error_code]).toEqual([404, 404001]);
  });
});

describe('languages', () => {
  const schemasOf = async (id: string, headers: Record<string, string>, query = '') =>
    (await get(`/v1/models/${id}${query}`, headers)).body;

  test.each([
    ['000-nano-banana-2-text-to-image.zh-TW', TEXT_TO_IMAGE, 'zh-TW'],
    ['003-nano-banana-text-to-image.it', 'google/nano-banana/text-to-image', 'it'],
    ['004-nano-banana-pro-edit.zh-TW', 'google/nano-banana/pro/edit', 'zh-TW'],
  ])('the page %s, to the character and in its order', async (name, id, language) => {
    const { input, output } = page(name);
    for (const answer of [
      await schemasOf(id, { 'accept-language': language }),
      await schemasOf(id, {}, `?lang=${language}`),
    ]) {
      expect(JSON.stringify(answer.input_schema)).toBe(JSON.stringify(input));
      expect(JSON.stringify(answer.output_schema)).toBe(JSON.stringify(output));
    }
  });

  test('the header decides by its weights, and ?lang= before it', async () => {
    for (const [header, query, expected] of [
      ['it', '', 'it'],
      ['de, it;q=0.8, en;q=0.5', '', 'it'],
      ['zh-Hant-TW,zh;q=0.9', '', 'zh-TW'],
      ['zh-CN', '', 'en'],
      ['de', '', 'en'],
      ['it', '?lang=zh-TW', 'zh-TW'],
      ['it', '?lang=en', 'en'],
      // One we do not have leaves it to the header.
      ['it', '?lang=xx', 'it'],
    ] as const) {
      const { headers } = await get(`/v1/models${query}`, { 'accept-language': header });
      expect([header, query, headers.get('content-language')]).toEqual([header, query, expected]);
      expect(headers.get('vary')).toMatch(/accept-language/i);
    }
  });

  test('names and descriptions follow too, and what is missing is English', async () => {
    const it = await schemasOf(TEXT_TO_IMAGE, {}, '?lang=it');
    const en = await schemasOf(TEXT_TO_IMAGE, {}, '?lang=en');
    expect(it.display_name).not.toBe(en.display_name);
    expect(it.description).not.toBe(en.description);
    expect(en.input_schema.title).toBe('Input');
    // The Italian page has no texts of its own for the fields.
    const fields = (await schemasOf('google/nano-banana/text-to-image', {}, '?lang=it')).input_schema
      .properties;
    expect(fields.num_images.title).toBe('Number of Images');
  });

  test('no language ever shows the key of a message', async () => {
    for (const language of ['en', 'zh-TW', 'it', 'xx']) {
      const { body } = await get(`/v1/models?include_schema=true&lang=${language}`);
      expect(body.total).toBe(TOTAL);
      expect(JSON.stringify(body)).not.toMatch(/modelApiDoc|[a-z]+_[a-z]+[A-Z]\w*|\{\{|undefined/);
    }
  });
});
