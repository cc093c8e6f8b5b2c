/** POST /v1/models/{model_id}/estimate: the price of an input before it is run, and whatever else is worth knowing then. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeAccount, makeKey, rowsOf } from './support/accounts.ts';
import { type CallOptions, call, EDIT, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { drawPicture } from './support/pictures.ts';
import { startTestServer, type TestServer, temporaryFolder } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = (
  json: unknown,
  model = TEXT_TO_IMAGE,
  options: CallOptions = {},
  at: Pick<TestServer, 'url' | 'key'> = server,
) => call(at, `/v1/models/${model}/estimate`, { json, ...options });

describe('what it says', () => {
  test('is the price, and all that a user wants to know before the run', async () => {
    const { status, body } = await ask({ prompt: 'x', num_images: 3, resolution: '2K' });
    expect(status).toBe(200);
    expect(body).toEqual({
      model_id: TEXT_TO_IMAGE,
      cost: 0.303,
      max_cost: 0.303,
      currency: 'USD',
      price_per_output: 0.101,
      outputs: 3,
      exact: true,
      within_budget: true,
      budget_left: null,
      available: true,
      backend: 'sandbox',
    });
  });

  test('takes defaults for what is absent, and an alias for a model', async () => {
    expect((await ask({ prompt: 'x' })).body).toMatchObject({ cost: 0.067, outputs: 1 });
    expect(
      (await ask({ prompt: 'x', image_urls: ['https://example.org/a.png'] }, 'google/nano-banana-pro/edit'))
        .body,
    ).toMatchObject({
      model_id: 'google/nano-banana/pro/edit',
      cost: 0.134,
    });
  });

  test('warns of what the model does not know; asked to be strict, refuses it', async () => {
    const input = { prompt: 'x', resolutoin: '4K' };
    expect((await ask(input)).body.warnings).toMatchObject([{ field: 'resolutoin' }]);
    const strict = await ask(input, TEXT_TO_IMAGE, { headers: { prefer: 'handling=strict' } });
    expect([strict.status, strict.body.error_code]).toEqual([422, 422001]);
  });

  test('is not certain where a round may give several, and then says the most it may be', async () => {
    const { body } = await ask({ prompt: 'x', num_images: 2, limit_generations: false });
    expect(body).toMatchObject({ cost: 0.134, max_cost: 0.536, exact: false });
    expect(body.note).toMatch(/^limit_generations is false: each round may give up to 4 outputs/);
  });

  test('is not certain where tokens decide, and names what would run it, or why nothing would', async () => {
    const folder = await temporaryFolder();
    onTestFinished(() => rm(folder, { recursive: true }));
    const routing = join(folder, 'routing.json');
    const candidates = [{ backend: 'openai', upstream_model: 'gpt-image-2' }];
    await writeFile(routing, JSON.stringify({ models: { [EDIT]: candidates } }));
    await using elsewhere = await startTestServer({
      GEMINI_API_KEY: 'not-used',
      OPENAI_API_KEY: 'not-used',
      DARKROOM_ROUTING: routing,
    });
    const { body } = await ask({ prompt: 'x', resolution: '4K' }, TEXT_TO_IMAGE, {}, elsewhere);
    expect(body).toMatchObject({ cost: 0.151, exact: false, available: true, backend: 'gemini' });
    expect(body.note).toMatch(/^gemini may tell what a run cost by the tokens it took/);
    // The model takes 20, and what runs it there 16.
    const image_urls = Array.from({ length: 17 }, (_, index) => `https://example.org/${index}.png`);
    const { body: tooMany } = await ask({ prompt: 'x', image_urls }, EDIT, {}, elsewhere);
    expect(tooMany).toMatchObject({ available: true, backend: null });
    expect(tooMany.warnings).toEqual([
      { field: 'image_urls', message: expect.stringMatching(/^image_urls has 17 images; .* at most 16\.$/) },
    ]);
  });

  test('is that of the catalogue for a model that nobody can run here', async () => {
    const { models } = (await call(server, '/v1/models?limit=100')).body;
    const { model_id, base_price_usd } = models.find(({ available }: { available: boolean }) => !available);
    const { body } = await ask({ prompt: 'x' }, model_id);
    expect(body).toMatchObject({ cost: base_price_usd, exact: false, available: false, backend: null });
    expect(body.note).toMatch(/^No backend is configured/);
  });
});

describe('what is wrong with an input', () => {
  const picture = async () => `data:image/png;base64,${(await drawPicture()).toString('base64')}`;

  test.each<[string, string, unknown]>([
    ['a missing prompt', TEXT_TO_IMAGE, {}],
    ['everything at once', TEXT_TO_IMAGE, { num_images: 9, resolution: '9K', seed: 'x' }],
    ['no object', TEXT_TO_IMAGE, [1]],
    ['a URL that is none', EDIT, { prompt: 'x', image_urls: ['ftp://x'] }],
    ['data that is no image', EDIT, { prompt: 'x', image_urls: ['data:image/png;base64,AAAA'] }],
    ['no such model', 'acme/nothing', { prompt: 'x' }],
  ])('is said as a submit says it: %s', async (_, model, input) => {
    const { request_id: a, ...estimated } = (await ask(input, model)).body;
    const { request_id: b, ...submitted } = (await call(server, `/v1/models/${model}`, { json: input })).body;
    expect(estimated).toEqual(submitted);
    expect(estimated.error_code).toBeGreaterThan(400_000);
  });

  test('is looked for in data that came along, which is not kept', async () => {
    const count = async () =>
      (
        await rowsOf<{ n: number }>(
          server,
          'select (select count(*) from files) + (select count(*) from requests) as n',
        )
      )[0]!.n;
    const before = await count();
    const { status } = await ask(
      { prompt: 'x', image_urls: [await picture(), 'https://nobody.invalid/x.png'] },
      EDIT,
    );
    expect(status).toBe(200);
    expect(await count()).toBe(before);
  });

  test('an empty body is refused', async () => {
    expect((await call(server, `/v1/models/${TEXT_TO_IMAGE}/estimate`, { method: 'POST' })).status).toBe(400);
  });
});

describe('budgets', () => {
  test('the less of what key and account have left counts, with what is reserved taken off', async () => {
    const account = await makeAccount(server, { monthlyBudget: 1_000_000 });
    const { key } = await makeKey(account, { scopes: ['generate'], monthly_budget_usd: 0.2 });
    const by = { ...account, key };
    const three = { prompt: 'x', num_images: 3 };
    expect((await ask(three, TEXT_TO_IMAGE, {}, account)).body).toMatchObject({
      within_budget: true,
      budget_left: 1,
    });
    expect((await ask(three, TEXT_TO_IMAGE, {}, by)).body).toMatchObject({
      within_budget: false,
      budget_left: 0.2,
    });
    const two = { prompt: 'x', num_images: 2, resolution: '0.5K' };
    expect((await ask(two, TEXT_TO_IMAGE, {}, by)).body).toMatchObject({ within_budget: true });
    await resultOf(by, await submit(by, two));
    expect((await ask(two, TEXT_TO_IMAGE, {}, by)).body).toMatchObject({
      within_budget: true,
      budget_left: 0.11,
    });
    expect((await ask(two, TEXT_TO_IMAGE, {}, account)).body.budget_left).toBe(0.91);
    await resultOf(by, await submit(by, two));
    // As a submit finds.
    expect((await ask(two, TEXT_TO_IMAGE, {}, by)).body).toMatchObject({
      within_budget: false,
      budget_left: 0.02,
    });
    expect((await call(by, `/v1/models/${TEXT_TO_IMAGE}`, { json: two })).status).toBe(402);
  });

  test('what may come at most must fit', async () => {
    const account = await makeAccount(server, { monthlyBudget: 100_000 });
    const input = { prompt: 'x', limit_generations: false };
    expect((await ask(input, TEXT_TO_IMAGE, {}, account)).body).toMatchObject({
      cost: 0.067,
      within_budget: false,
    });
    expect((await call(account, `/v1/models/${TEXT_TO_IMAGE}`, { json: input })).status).toBe(402);
  });
});

test('who may submit may ask, and none else', async () => {
  const { key: reader } = await makeKey(server, { scopes: ['read'] });
  expect((await ask({ prompt: 'x' }, TEXT_TO_IMAGE, { key: reader })).status).toBe(403);
  expect((await ask({ prompt: 'x' }, TEXT_TO_IMAGE, { key: null })).status).toBe(401);
});

test('in the sandbox, a result costs what the estimate said, whatever is asked for', async () => {
  const { models } = (await call(server, '/v1/models?include_schema=true&limit=100')).body;
  const image = `data:image/png;base64,${(await drawPicture()).toString('base64')}`;
  const inputs = fc
    .constantFrom(...models.filter(({ available }: { available: boolean }) => available))
    .chain(({ model_id, input_schema: { properties } }) =>
      fc.record({
        model: fc.constant(model_id as string),
        input: fc
          .record(
            {
              // Large pictures take their time, and cost by the same table.
              ...(properties.resolution && {
                resolution: fc.constantFrom(
                  ...properties.resolution.enum.filter((one: string) => one !== '4K'),
                ),
              }),
              ...(properties.num_images && {
                num_images: fc.integer({ min: 1, max: 3 }),
              }),
              ...(properties.limit_generations && { limit_generations: fc.boolean() }),
              ...(properties.output_format && {
                output_format: fc.constantFrom(...properties.output_format.enum),
              }),
              ...(properties.seed && { seed: fc.nat() }),
            },
            { requiredKeys: [] },
          )
          .map((fields) => ({
            prompt: 'x',
            ...(properties.image_urls && { image_urls: [image] }),
            ...fields,
          })),
      }),
    );
  const asked = [
    ...fc.sample(inputs, 20),
    { model: TEXT_TO_IMAGE, input: { prompt: 'x', resolution: '2K' } },
  ];
  const pairs = await Promise.all(
    asked.map(async ({ model, input }) => {
      const { body } = await ask(input, model);
      const id = await submit(server, input, model);
      const reserved = await rowsOf<{ reserved: number; rounds: number }>(
        server,
        'select reserved, rounds from requests where id = $1',
        [id],
      );
      const result = await resultOf(server, id);
      expect([reserved[0]!.reserved, reserved[0]!.rounds]).toEqual([
        Math.round(body.max_cost * 1e6),
        body.outputs,
      ]);
      expect(result.files).toHaveLength(body.outputs);
      return { estimated: body.cost, charged: result.cost, input, model };
    }),
  );
  expect(pairs.filter(({ estimated, charged }) => estimated !== charged)).toEqual([]);
  expect(new Set(pairs.map(({ charged }) => charged)).size).toBeGreaterThan(3);
}, 120_000);
