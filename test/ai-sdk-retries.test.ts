/** The AI SDK retries what seems to have failed: no picture is paid for twice. */
import { APICallError, generateImage } from 'ai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDarkroom } from '../src/ai-sdk/index.ts';
import { makeAccount, rowsOf } from './support/accounts.ts';
import { call, EDIT, TEXT_TO_IMAGE } from './support/api.ts';
import { drawPicture } from './support/pictures.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A network on which answers to what `matches` get lost, once the server has acted on them. */
function losing(...matches: RegExp[]): typeof fetch {
  const toLose = [...matches];
  return async (url, init) => {
    const answer = await fetch(url, init);
    const at = toLose.findIndex((pattern) => pattern.test(`${init?.method ?? 'GET'} ${url}`));
    if (at < 0) return answer;
    toLose.splice(at, 1);
    await answer.body?.cancel();
    throw new TypeError('fetch failed');
  };
}

const SUBMIT = /^POST .*\/v1\/models\//;
const RESULT = /^GET .*\/result/;
const BYTES = /^GET .*\/files\//;

/** A provider without retries of its own, so that those of the AI SDK are what is looked at. */
async function setUp(network: typeof fetch = fetch) {
  const account = await makeAccount(server);
  return {
    account,
    darkroom: createDarkroom({ apiKey: account.key, baseURL: server.url, fetch: network, maxRetries: 0 }),
    /** Rounds that were run, which is what costs. */
    paid: async (): Promise<number> =>
      (
        await rowsOf<{ n: number }>(
          server,
          'select count(*)::int as n from rounds o join requests r on r.id = o.request_id where r.account_id = $1',
          [account.accountId],
        )
      )[0]!.n,
  };
}

test.concurrent('the answer to a submit and the result that got lost are asked for again, and paid once', async () => {
  const { darkroom, paid } = await setUp(losing(SUBMIT, RESULT));
  const { images } = await generateImage({
    model: darkroom.image(TEXT_TO_IMAGE),
    prompt: 'A fox',
    n: 2,
    maxRetries: 2,
  });
  expect(images).toHaveLength(2);
  expect(await paid()).toBe(2);
});

test.concurrent('bytes that got lost are fetched again from the same request, also with files in the prompt', async () => {
  const { darkroom, paid, account } = await setUp(losing(BYTES));
  const { images } = await generateImage({
    model: darkroom.image(EDIT),
    prompt: { text: 'darker', images: [await drawPicture()] },
    maxRetries: 1,
  });
  expect(images).toHaveLength(1);
  expect(await paid()).toBe(1);
  expect((await call(account, '/v1/requests')).body.requests).toHaveLength(1);
});

test.concurrent('calls side by side that lose answers get each their own pictures', async () => {
  const { darkroom, paid } = await setUp(losing(SUBMIT, SUBMIT, RESULT));
  const { images } = await generateImage({
    model: darkroom.image(TEXT_TO_IMAGE),
    prompt: 'A fox',
    n: 3,
    maxImagesPerCall: 1,
    maxRetries: 2,
  });
  expect(new Set(images.map(({ base64 }) => base64)).size).toBe(3);
  expect(await paid()).toBe(3);
});

test.concurrent('a call that is made anew after one that failed on the way gets what is paid already', async () => {
  const { darkroom, paid } = await setUp(losing(BYTES));
  const make = () => generateImage({ model: darkroom.image(TEXT_TO_IMAGE), prompt: 'A fox', maxRetries: 0 });
  await expect(make()).rejects.toThrow(/could not be fetched/);
  expect((await make()).images).toHaveLength(1);
  expect(await paid()).toBe(1);
});

test.concurrent('two calls for the same are two pictures', async () => {
  const { darkroom, paid } = await setUp();
  const make = async () =>
    (await generateImage({ model: darkroom.image(TEXT_TO_IMAGE), prompt: 'A fox' })).image.base64;
  expect(await make()).not.toBe(await make());
  expect(await paid()).toBe(2);
});

test.concurrent('calls with the same key are one request, from another process too', async () => {
  const { account, paid } = await setUp();
  const make = async (by: 'option' | 'header') => {
    const darkroom = createDarkroom({ apiKey: account.key, baseURL: server.url });
    const { image } = await generateImage({
      model: darkroom.image(TEXT_TO_IMAGE),
      prompt: 'A fox',
      ...(by === 'option'
        ? { providerOptions: { darkroom: { idempotencyKey: 'order-1' } } }
        : { headers: { 'Idempotency-Key': 'order-1' } }),
    });
    return image.base64;
  };
  expect(await make('option')).toBe(await make('header'));
  expect(await paid()).toBe(1);
});

test.concurrent('without a retry of the AI SDK, the client asks again by itself', async () => {
  const { account, paid } = await setUp();
  const darkroom = createDarkroom({ apiKey: account.key, baseURL: server.url, fetch: losing(SUBMIT) });
  const { images } = await generateImage({
    model: darkroom.image(TEXT_TO_IMAGE),
    prompt: 'A fox',
    maxRetries: 0,
  });
  expect(images).toHaveLength(1);
  expect(await paid()).toBe(1);
});

/** What the service that the API is modelled on does with a header it does not know. */
const forgettingKeys =
  (network: typeof fetch): typeof fetch =>
  (url, init) => {
    const headers = new Headers(init?.headers);
    headers.delete('idempotency-key');
    return network(url, { ...init, headers });
  };

test.concurrent('where a submit cannot be repeated, a lost answer to it is not worth a retry', async () => {
  const { account } = await setUp();
  const darkroom = createDarkroom({
    apiKey: account.key,
    baseURL: server.url,
    fetch: forgettingKeys(losing(SUBMIT)),
    host: 'runcomfy',
  });
  const made = generateImage({ model: darkroom.image(TEXT_TO_IMAGE), prompt: 'A fox', maxRetries: 2 });
  await expect(made).rejects.toSatisfy((error) => APICallError.isInstance(error) && !error.isRetryable);
  // It may not have run yet, but will.
  expect((await call(account, '/v1/requests')).body.requests).toHaveLength(1);
});

test.concurrent('there as well, a request whose id is known is gone on with', async () => {
  const { account, paid } = await setUp();
  const darkroom = createDarkroom({
    apiKey: account.key,
    baseURL: server.url,
    fetch: forgettingKeys(losing(BYTES)),
    host: 'runcomfy',
  });
  const { images } = await generateImage({
    model: darkroom.image(TEXT_TO_IMAGE),
    prompt: 'A fox',
    maxRetries: 1,
  });
  expect(images).toHaveLength(1);
  expect(await paid()).toBe(1);
});
