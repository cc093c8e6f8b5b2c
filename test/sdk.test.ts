/** The TypeScript client against a whole server. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import * as sdk from '../src/client/index.ts';
import { Darkroom, outputUrls, type Update } from '../src/client/index.ts';
import { makeKey } from './support/accounts.ts';
import { TEXT_TO_IMAGE } from './support/api.ts';
import { eventually } from './support/database.ts';
import { untilStarted } from './support/requests.ts';
import { account, darkroom, errorOf, proxy, server, setSdkStage } from './support/sdk-stage.ts';

// One at a time, so that a second request waits.
setSdkStage({ env: { DARKROOM_SHUTDOWN_GRACE: '0' }, account: { maxRunning: 1 }, throughProxy: false });

const INPUT = { prompt: 'a fox', resolution: '0.5K' } as const;
const HANG = { prompt: 'endless [[sandbox:hang]]', resolution: '0.5K' } as const;
const FAILING = { prompt: 'no [[sandbox:blocked]]', resolution: '0.5K' } as const;

/** A request that takes the account's only place until the server stops. */
async function takeThePlace(): Promise<void> {
  const { request_id } = await darkroom.submit(TEXT_TO_IMAGE, HANG);
  await untilStarted(account, request_id);
}

test('run gives the completed result, and tells every change on the way', async () => {
  const updates: Update[] = [];
  const result = await darkroom.run(
    TEXT_TO_IMAGE,
    { ...INPUT, num_images: 2 },
    { onUpdate: (update) => updates.push(update), includeCost: true },
  );
  expect(result).toMatchObject({
    status: 'completed',
    cost: 0.09,
    output: { images: [expect.any(String), expect.any(String)] },
  });
  expect(await darkroom.result(result.request_id, { includeCost: true })).toEqual(result);
  expect((await fetch(outputUrls(result)[0]!)).headers.get('content-type')).toBe('image/png');

  const statuses = updates.flatMap((update) => (update.type === 'status' ? [update.status] : []));
  expect(statuses.at(-1)).toBe('completed');
  expect(['in_queue', 'in_progress', 'completed']).toEqual(expect.arrayContaining(statuses));
  const outputs = updates.flatMap((update) => (update.type === 'output' ? [update.url] : []));
  expect(outputs.sort()).toEqual(outputUrls(result).sort());
  // Each as it was finished, not all of them after the end.
  expect(updates.at(-1)).toMatchObject({ type: 'status', request_id: result.request_id });
});

test('submit, status, subscribe, wait and cancel work by themselves', async () => {
  await takeThePlace();
  const { request_id, status_url } = await darkroom.submit(TEXT_TO_IMAGE, INPUT);
  expect(status_url).toBe(`${server.url}/v1/requests/${request_id}/status`);
  expect(await darkroom.status(request_id)).toMatchObject({ status: 'in_queue', queue_position: 0 });
  expect(await darkroom.result(request_id)).toMatchObject({ status: 'in_queue' });

  const seen: Update[] = [];
  const waiting = errorOf(darkroom.wait(request_id, { onUpdate: (update) => seen.push(update) }));
  for await (const update of darkroom.subscribe(request_id)) {
    expect(update).toMatchObject({ type: 'status', status: 'in_queue' });
    break;
  }
  expect(await darkroom.cancel(request_id)).toEqual({
    request_id,
    status: 'cancelled',
    outcome: 'cancelled',
  });
  const error = await waiting;
  expect(error).toBeInstanceOf(sdk.RequestCancelledError);
  expect(error).toMatchObject({ requestId: request_id, result: { status: 'cancelled' } });
  expect(seen.at(-1)).toMatchObject({ status: 'cancelled' });
});

test('a request that failed throws, with what happened and whether to try again', async () => {
  const error = await errorOf(darkroom.run(TEXT_TO_IMAGE, FAILING));
  expect(error).toBeInstanceOf(sdk.RequestFailedError);
  expect(error).toMatchObject({
    name: 'RequestFailedError',
    code: 'content_blocked',
    retryable: false,
    requestId: expect.any(String),
    result: { status: 'failed' },
  });
});

test('what a synchronous request made is in the result, once', async () => {
  const result = await darkroom.run('google/nano-banana/pro/edit', {
    prompt: 'at night',
    image_urls: [await aPicture()],
    sync_mode: true,
  });
  expect(result.output.image).toMatch(/^data:image\/png;base64,/);
  await eventually(async () => (await darkroom.result(result.request_id)).output?.image === undefined);
});

test('each class of refusal has its class of error, with all that the server said', async () => {
  const reader = new Darkroom({
    apiKey: (await makeKey(account, { scopes: ['read'] })).key,
    baseUrl: server.url,
  });
  const poor = new Darkroom({
    apiKey: (await makeKey(account, { scopes: ['generate'], monthly_budget_usd: 0 })).key,
    baseUrl: server.url,
  });
  const stranger = new Darkroom({ apiKey: 'dk_nobody', baseUrl: server.url });
  const missing = '01a1faa8-46b8-7d2a-a293-6bc0f79fda3f';
  const { request_id } = await darkroom.submit(TEXT_TO_IMAGE, HANG);
  const refusals: [() => Promise<unknown>, unknown, object][] = [
    [() => darkroom.status('no-uuid'), sdk.BadRequestError, { status: 400, code: 400001 }],
    [
      () => stranger.account(),
      sdk.AuthenticationError,
      { status: 401, code: 400004, errorName: 'UserAccountError' },
    ],
    [() => poor.submit(TEXT_TO_IMAGE, INPUT), sdk.BudgetExceededError, { status: 402, code: 400002 }],
    [() => reader.submit(TEXT_TO_IMAGE, INPUT), sdk.PermissionError, { status: 403, code: 403001 }],
    [() => darkroom.result(missing), sdk.NotFoundError, { status: 404, code: 404001 }],
    [() => darkroom.wait(missing), sdk.NotFoundError, { message: 'There is no such request.' }],
    [() => darkroom.requests.delete(request_id), sdk.ConflictError, { status: 409, code: 409001 }],
    [
      () => darkroom.submit(TEXT_TO_IMAGE, { prompt: 7, num_images: 9 } as never),
      sdk.ValidationError,
      {
        status: 422,
        code: 422001,
        message: expect.stringContaining('num_images must be <= 4'),
        fields: { prompt: 'must be string', num_images: 'must be <= 4' },
      },
    ],
  ];
  for (const [refused, type, fields] of refusals) {
    const error = await errorOf(refused());
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(sdk.APIError);
    expect(error).toBeInstanceOf(sdk.DarkroomError);
    expect(error).toMatchObject({
      name: (type as { name: string }).name,
      requestId: expect.any(String),
      ...fields,
    });
  }
});

test('strict turns a field that the model does not know from a warning into an error', async () => {
  const input = { ...INPUT, promt: 'a typo' };
  const { request_id } = await darkroom.submit(TEXT_TO_IMAGE, input);
  expect((await darkroom.wait(request_id)).warnings).toMatchObject([{ field: 'promt' }]);
  await expect(darkroom.submit(TEXT_TO_IMAGE, input, { strict: true })).rejects.toMatchObject({
    status: 422,
    fields: { promt: expect.any(String) },
  });
});

test('the same idempotency key is the same request', async () => {
  const [one, other] = [
    await darkroom.submit(TEXT_TO_IMAGE, INPUT, { idempotencyKey: 'order-1' }),
    await darkroom.submit(TEXT_TO_IMAGE, INPUT, { idempotencyKey: 'order-1' }),
  ];
  expect(other).toEqual(one);
});

async function aPicture(): Promise<Blob> {
  const result = await darkroom.run(TEXT_TO_IMAGE, INPUT);
  return (await fetch(result.output.image!)).blob();
}

test('lists go through all pages, and give single ones', async () => {
  for (let index = 0; index < 5; index++) await errorOf(darkroom.run(TEXT_TO_IMAGE, FAILING));
  const ids: string[] = [];
  for await (const request of darkroom.requests.list({ limit: 2, status: 'failed', modelId: TEXT_TO_IMAGE }))
    ids.push(request.request_id);
  expect(new Set(ids).size).toBe(5);

  const list = darkroom.requests.list({ limit: 2, after: new Date(Date.now() - 3_600_000) });
  const first = await list.page();
  expect(await list).toEqual(first);
  const second = await list.page(first.next_cursor);
  expect([...first.requests, ...second.requests].map(({ request_id }) => request_id)).toEqual(
    ids.slice(0, 4),
  );
  expect(await darkroom.requests.list({ before: new Date(0) })).toEqual({ requests: [], next_cursor: null });

  await darkroom.requests.delete(ids[0]!);
  expect((await list).requests[0]!.request_id).toBe(ids[1]);

  const models: string[] = [];
  for await (const { model_id } of darkroom.models.list({ limit: 4 })) models.push(model_id);
  const { total } = await darkroom.models.list();
  expect(new Set(models).size).toBe(total);
});

test('models, usage, account, keys and files are there', async () => {
  const model = await darkroom.models.get('google/nano-banana-pro/edit', { language: 'it' });
  expect(model).toMatchObject({
    model_id: 'google/nano-banana/pro/edit',
    input_schema: { title: 'Schema di input' },
  });
  expect(await darkroom.models.categories()).toContain('text-to-image');
  expect(
    (await darkroom.models.list({ search: 'edit', kind: 'image-to-image', includeSchema: true })).models[0],
  ).toHaveProperty('input_schema');

  await darkroom.run(TEXT_TO_IMAGE, INPUT);
  expect(
    (await darkroom.usage({ groupBy: 'model', from: new Date(Date.now() - 3_600_000) })).usage,
  ).toMatchObject([{ model_id: TEXT_TO_IMAGE, requests: 1, outputs: 1 }]);
  expect((await darkroom.account()).limits.max_running).toBe(1);

  const key = await darkroom.keys.create({ name: 'website', scopes: ['generate'], monthly_budget_usd: 20 });
  expect((await new Darkroom({ apiKey: key.key, baseUrl: server.url }).account()).key.id).toBe(key.id);
  expect(await darkroom.keys.update(key.id, { monthly_budget_usd: null })).toMatchObject({
    monthly_budget_usd: null,
  });
  await darkroom.keys.delete(key.id);
  expect((await darkroom.keys.get(key.id)).revoked_at).not.toBeNull();
  expect((await darkroom.keys.list()).map(({ id }) => id)).toContain(key.id);

  const upload = await darkroom.files.upload(await aPicture(), { filename: 'fox.png' });
  expect(upload).toMatchObject({ name: 'fox.png', content_type: 'image/png' });
  const names: (string | null)[] = [];
  for await (const { name } of darkroom.files.list({ limit: 1 })) names.push(name);
  expect(names).toEqual(['fox.png']);
  await darkroom.files.delete(upload.id);
  expect((await darkroom.files.list()).files).toEqual([]);
});

test('on servers without events it waits by status, and asks for events only once', async () => {
  proxy.fault = ({ path }) => (path.includes('/events') ? { kind: 'answer', status: 404 } : undefined);
  const behind = new Darkroom({ apiKey: account.key, baseUrl: proxy.url });
  const updates: Update[] = [];
  const slow = { ...INPUT, prompt: 'a fox [[sandbox:slow=700]]' };
  const result = await behind.run(TEXT_TO_IMAGE, slow, { onUpdate: (update) => updates.push(update) });
  expect(result.output.image).toBeDefined();
  await behind.run(TEXT_TO_IMAGE, INPUT);
  expect(proxy.calls.filter(({ path }) => path.includes('/events'))).toHaveLength(1);
  const paths = proxy.calls.filter(({ path }) => path.startsWith(`/v1/requests/${result.request_id}/status`));
  // It is held on to by the server, not asked over and over.
  expect(paths.length).toBeLessThanOrEqual(5);
  expect(paths.at(-1)!.path).toContain('?wait=');
  expect(updates.map((update) => update.type === 'status' && update.status)).toContain('in_progress');
});

test('an account that has all the event streams it may waits by status', async () => {
  proxy.fault = ({ path }) =>
    path.includes('/events') ? { kind: 'answer', status: 429, headers: { 'retry-after': '5' } } : undefined;
  const behind = new Darkroom({ apiKey: account.key, baseUrl: proxy.url });
  await behind.run(TEXT_TO_IMAGE, INPUT);
  await behind.run(TEXT_TO_IMAGE, INPUT);
  // That may be another matter the next time.
  expect(proxy.calls.filter(({ path }) => path.includes('/events'))).toHaveLength(2);
});

test('an id that would lead elsewhere is refused before anything is sent', async () => {
  const behind = new Darkroom({ apiKey: account.key, baseUrl: proxy.url });
  for (const id of ['', '..', '../models', 'a/b', 'a?b', 'a b'])
    await expect(behind.status(id)).rejects.toBeInstanceOf(sdk.DarkroomError);
  for (const model of ['', '../keys', 'a/../../keys', 'a//b', 'a?b=c'])
    await expect(behind.submit(model, {})).rejects.toBeInstanceOf(sdk.DarkroomError);
  expect(proxy.calls).toEqual([]);
});

test('the key may be a function that is asked for each call', async () => {
  let asked = 0;
  const rotating = new Darkroom({
    baseUrl: server.url,
    apiKey: async () => {
      asked++;
      return account.key;
    },
  });
  await rotating.account();
  await rotating.account();
  expect(asked).toBe(2);
});

test('null as the key sends none, and own headers go with every call', async () => {
  const anonymous = new Darkroom({ apiKey: null, baseUrl: proxy.url, headers: { 'X-Mine': 'yes' } });
  await expect(anonymous.account()).rejects.toBeInstanceOf(sdk.AuthenticationError);
  const borrowed = new Darkroom({
    apiKey: null,
    baseUrl: proxy.url,
    headers: { Authorization: `Bearer ${account.key}` },
  });
  await borrowed.account();
  expect(proxy.calls.map(({ headers }) => [headers.authorization, headers['x-mine']])).toEqual([
    [undefined, 'yes'],
    [`Bearer ${account.key}`, undefined],
  ]);
});

test('no key is shown by what shows a client or an error', async () => {
  const secret = new Darkroom({ apiKey: 'dk_very_secret', baseUrl: server.url });
  const error = await errorOf(secret.account());
  const unreachable = await errorOf(
    new Darkroom({ apiKey: 'dk_very_secret', baseUrl: 'http://127.0.0.1:9', maxRetries: 0 }).account(),
  );
  expect(unreachable).toBeInstanceOf(sdk.ConnectionError);
  for (const shown of [secret, error, unreachable])
    expect(inspect(shown, { depth: 20, showHidden: true }) + JSON.stringify(shown)).not.toContain(
      'dk_very_secret',
    );
});

test('a server that sends calls elsewhere is not followed, and where to is told', async () => {
  proxy.fault = () => ({
    kind: 'answer',
    status: 301,
    headers: { location: 'https://pictures.example.com/' },
  });
  const behind = new Darkroom({ apiKey: account.key, baseUrl: proxy.url });
  await expect(behind.submit(TEXT_TO_IMAGE, INPUT)).rejects.toThrow('https://pictures.example.com/');
  expect(proxy.calls).toHaveLength(1);
});

test('a key or a header that cannot be sent is refused without being shown', async () => {
  for (const options of [
    { apiKey: 'dk_very_secret\n dk' },
    { apiKey: 'dk_very_secret…' },
    { headers: { 'x-secret': 'dk_very_secret\0' } },
  ]) {
    const error = await errorOf(new Darkroom({ apiKey: 'dk_1', baseUrl: proxy.url, ...options }).account());
    expect(error).toBeInstanceOf(sdk.DarkroomError);
    expect(inspect(error, { depth: 20 })).not.toContain('very_secret');
  }
  expect(proxy.calls).toEqual([]);
});
