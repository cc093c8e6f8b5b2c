/** The TypeScript client against the service that the API is modelled on, which knows nothing of what Darkroom adds. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ConnectionError,
  Darkroom,
  NotFoundError,
  RequestCancelledError,
  RequestFailedError,
  ServerError,
  type Update,
} from '../src/client/index.ts';
import { type RunComfyFake, startRunComfy } from './fakes/runcomfy.ts';
import { drawPicture } from './support/pictures.ts';

const MODEL = 'google/nano-banana-2/text-to-image';
const INPUT = { prompt: 'a boat' };

let fake: RunComfyFake;
let runcomfy: Darkroom;
beforeEach(async () => {
  fake = await startRunComfy();
  runcomfy = new Darkroom({ apiKey: 'rc_key', baseUrl: fake.url, host: 'runcomfy' });
});
afterEach(() => fake[Symbol.asyncDispose]());

test('a run comes to its result by calls that its pages show, and no others', async () => {
  const updates: Update[] = [];
  const result = await runcomfy.run(MODEL, INPUT, { onUpdate: (update) => updates.push(update) });
  const id = fake.requests[0]!.id;
  expect(result).toEqual({
    request_id: id,
    created_at: '2025-12-14T08:38:35.556806+00:00',
    status: 'completed',
    output: { image: `https://playgrounds-storage-public.example/${id}.png` },
    finished_at: '2025-12-14T08:38:59.140242+00:00',
  });
  // A position that changes is a change.
  expect(updates.map((update) => update.type === 'status' && [update.status, update.queue_position])).toEqual(
    [
      ['in_queue', 1],
      ['in_queue', 0],
      ['in_progress', undefined],
      ['completed', undefined],
    ],
  );
  expect([...new Set(fake.calls.map(({ line }) => line))]).toEqual([
    `POST /v1/models/${MODEL}`,
    `GET /v1/requests/${id}/status`,
    `GET /v1/requests/${id}/result`,
  ]);
  expect(fake.calls.flatMap(({ unknownHeaders }) => unknownHeaders)).toEqual([]);
});

test('where nobody said what kind of host it is, it comes to the result as well', async () => {
  const undeclared = new Darkroom({ apiKey: 'rc_key', baseUrl: fake.url });
  expect((await undeclared.run(MODEL, INPUT)).output.image).toBeDefined();
  // It is asked for what it does not have once, and not over and over.
  expect(fake.calls.filter(({ line }) => line.endsWith('/events'))).toHaveLength(1);
  expect(fake.calls.filter(({ line }) => line.includes('/status')).length).toBeLessThan(12);
});

test('a submit whose answer was lost is not made again: it would be paid for twice', async () => {
  fake.loseAnswers = 1;
  const error = await runcomfy.submit(MODEL, INPUT).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error.message).toContain('may have been accepted');
  expect(fake.requests).toHaveLength(1);
});

test('a submit that was refused for now is made again, one that may have been done is not', async () => {
  fake.refuseWith = { status: 429, times: 2 };
  await runcomfy.submit(MODEL, INPUT);
  expect(fake.calls).toHaveLength(3);
  fake.refuseWith = { status: 503, times: 1 };
  await expect(runcomfy.submit(MODEL, INPUT)).rejects.toBeInstanceOf(ServerError);
  expect(fake.requests).toHaveLength(1);
});

test('a failure that is completed in the status and failed in the result is a failure', async () => {
  const error = await runcomfy.run(MODEL, { prompt: 'fail, please' }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(RequestFailedError);
  expect(error).toMatchObject({
    code: 'x',
    message: 'It failed.',
    retryable: false,
    requestId: fake.requests[0]!.id,
  });
});

test('a run that is aborted while its request waits cancels it', async () => {
  const controller = new AbortController();
  const run = runcomfy.run(MODEL, INPUT, { signal: controller.signal, onUpdate: () => controller.abort() });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  const { id } = fake.requests[0]!;
  await expect(runcomfy.wait(id)).rejects.toBeInstanceOf(RequestCancelledError);
  expect(await runcomfy.cancel(id)).toEqual({ request_id: id, status: 'cancelled', outcome: 'cancelled' });
});

test('files go along as data, since it takes no uploads', async () => {
  const png = await drawPicture('png', { width: 8, height: 8 });
  const webp = await drawPicture('webp', { width: 8, height: 8 });
  const image_urls = [
    png,
    new Blob([new Uint8Array(webp)]),
    new Blob([new Uint8Array(png)], { type: 'image/x-mine' }),
  ];
  await runcomfy.submit('google/nano-banana-2/edit', { prompt: 'night', image_urls });
  expect(fake.requests[0]!.input.image_urls).toEqual([
    `data:image/png;base64,${png.toString('base64')}`,
    `data:image/webp;base64,${webp.toString('base64')}`,
    `data:image/x-mine;base64,${png.toString('base64')}`,
  ]);
  expect(fake.calls).toHaveLength(1);
});

test('what it does not have is told as such', async () => {
  await expect(runcomfy.estimate(MODEL, INPUT)).rejects.toThrow('Only a Darkroom');
  expect(fake.calls).toEqual([]);
  await expect(runcomfy.account()).rejects.toBeInstanceOf(NotFoundError);
  await expect(runcomfy.wait('no-such-request')).rejects.toBeInstanceOf(NotFoundError);
  await expect(async () => {
    for await (const _ of runcomfy.events()) break;
  }).rejects.toThrow('no events');
});
