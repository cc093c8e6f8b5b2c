/** Programs that stop waiting: what becomes of their requests. */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import * as sdk from '../src/client/index.ts';
import { Darkroom, type Update } from '../src/client/index.ts';
import { call, EDIT, TEXT_TO_IMAGE } from './support/api.ts';
import { eventually } from './support/database.ts';
import { untilStarted } from './support/requests.ts';
import { account, darkroom, errorOf, proxy, server, setSdkStage } from './support/sdk-stage.ts';

// One at a time, so that a second request waits.
setSdkStage({ env: { DARKROOM_SHUTDOWN_GRACE: '0' }, account: { maxRunning: 1 }, throughProxy: false });

const INPUT = { prompt: 'a fox', resolution: '0.5K' } as const;
const HANG = { prompt: 'endless [[sandbox:hang]]', resolution: '0.5K' } as const;

/** A request that takes the account's only place until the server stops. */
async function takeThePlace(): Promise<void> {
  const { request_id } = await darkroom.submit(TEXT_TO_IMAGE, HANG);
  await untilStarted(account, request_id);
}

test('a run that is aborted while its request waits cancels it', async () => {
  await takeThePlace();
  const controller = new AbortController();
  const reason = new Error('the user left');
  let requestId = '';
  const run = darkroom.run(TEXT_TO_IMAGE, INPUT, {
    signal: controller.signal,
    onUpdate(update) {
      requestId = update.request_id;
      controller.abort(reason);
    },
  });
  expect(await errorOf(run)).toBe(reason);
  // By the time that it throws, not some time later.
  expect(await darkroom.status(requestId)).toMatchObject({ status: 'cancelled' });
});

test('a run whose time is over cancels a request that waits, and leaves one that runs', async () => {
  const updates: Update[] = [];
  const running = await errorOf(
    darkroom.run(TEXT_TO_IMAGE, HANG, { timeout: 400, onUpdate: (update) => updates.push(update) }),
  );
  expect(running).toBeInstanceOf(sdk.TimeoutError);
  const { requestId } = running as sdk.TimeoutError;
  expect(requestId).toBe(updates[0]!.request_id);
  expect(await darkroom.status(requestId!)).toMatchObject({ status: 'in_progress' });

  const waiting = (await errorOf(darkroom.run(TEXT_TO_IMAGE, INPUT, { timeout: 200 }))) as sdk.TimeoutError;
  expect(waiting).toBeInstanceOf(sdk.TimeoutError);
  expect(await darkroom.status(waiting.requestId!)).toMatchObject({ status: 'cancelled' });
});

test('a run that is aborted before the answer to its submit waits for that, and cancels', async () => {
  await takeThePlace();
  const controller = new AbortController();
  let release = (): void => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    proxy.fault = ({ path }) => {
      if (!path.startsWith('/v1/models/')) return undefined;
      resolve();
      return { kind: 'hold', until };
    };
  });
  const behind = new Darkroom({ apiKey: account.key, baseUrl: proxy.url });
  const run = errorOf(behind.run(TEXT_TO_IMAGE, INPUT, { signal: controller.signal }));
  await asked;
  controller.abort();
  release();
  expect(await run).toMatchObject({ name: 'AbortError' });
  expect((await darkroom.requests.list({ limit: 1 })).requests[0]).toMatchObject({ status: 'cancelled' });
});

test('a run that was aborted before it began sends nothing', async () => {
  const behind = new Darkroom({ apiKey: account.key, baseUrl: proxy.url });
  const reason = new Error('too late');
  const image_urls = [new Blob(['not read'])];
  expect(
    await errorOf(behind.run(EDIT, { prompt: 'x', image_urls }, { signal: AbortSignal.abort(reason) })),
  ).toBe(reason);
  expect(proxy.calls).toEqual([]);
});

test('waiting that is given up leaves the request alone', async () => {
  await takeThePlace();
  const { request_id } = await darkroom.submit(TEXT_TO_IMAGE, INPUT);
  await expect(darkroom.wait(request_id, { timeout: 100 })).rejects.toBeInstanceOf(sdk.TimeoutError);
  expect(await darkroom.status(request_id)).toMatchObject({ status: 'in_queue' });
  const controller = new AbortController();
  for await (const _ of darkroom.subscribe(request_id)) break;
  const stopped = (async () => {
    for await (const _ of darkroom.subscribe(request_id, { signal: controller.signal })) controller.abort();
  })();
  expect(await errorOf(stopped)).toMatchObject({ name: 'AbortError' });
  expect(await darkroom.status(request_id)).toMatchObject({ status: 'in_queue' });
});

test('a signal that outlives its calls is left as it was', async () => {
  const { signal } = new AbortController();
  const failing = { prompt: 'no [[sandbox:blocked]]', resolution: '0.5K' } as const;
  await errorOf(darkroom.run(TEXT_TO_IMAGE, failing, { signal, timeout: 60_000 }));
  const { request_id } = await darkroom.submit(TEXT_TO_IMAGE, INPUT, { signal });
  for await (const _ of darkroom.subscribe(request_id, { signal })) break;
  await darkroom.wait(request_id, { signal });
  await darkroom.files.upload(new Blob(['x']), { signal }).catch(() => {});
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('who stops listening has no connection open any more', async () => {
  const openStreams = async (): Promise<string | undefined> =>
    /^darkroom_event_streams (\d+)$/m.exec((await call(server, '/metrics')).body)?.[1];
  await takeThePlace();
  const { request_id } = await darkroom.submit(TEXT_TO_IMAGE, INPUT);
  for await (const _ of darkroom.subscribe(request_id)) {
    expect(await openStreams()).toBe('1');
    break;
  }
  await errorOf(darkroom.wait(request_id, { timeout: 100 }));
  const controller = new AbortController();
  const { signal } = controller;
  await errorOf(darkroom.run(TEXT_TO_IMAGE, INPUT, { signal, onUpdate: () => controller.abort() }));
  await eventually(async () => (await openStreams()) === '0');
});
