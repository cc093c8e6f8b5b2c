/** Requests for models on ComfyUI through the runner: pictures and videos, each made once whatever breaks. */
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resultBody } from '../src/api/result-body.ts';
import { createRegistry } from '../src/backends/registry.ts';
import type { Worker } from '../src/requests/worker.ts';
import { type ComfyUiFake, startComfyUiFake } from './fakes/comfyui.ts';
import { comfyUiBackend, TEXT_TO_IMAGE, VIDEO } from './support/comfyui.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';

setStage();
let fake: ComfyUiFake;
const workers: Worker[] = [];

beforeEach(async () => {
  fake = await startComfyUiFake();
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop(0);
  await fake[Symbol.asyncDispose]();
});

async function startWorker(): Promise<Worker> {
  const backends = createRegistry([await comfyUiBackend([fake.url])], undefined);
  const worker = await stage.startWorker(() => expect.unreachable(), { backends });
  workers.push(worker);
  return worker;
}

async function submit(modelId: string, input: Record<string, unknown>, rounds = 1) {
  const identity = await addIdentity(database.db);
  const submission = { modelId, pool: 'comfyui', input: { prompt: 'a boat', ...input }, rounds };
  const id = await stage.submit(identity, submission);
  return { id, ended: () => stage.untilEnded(identity, id) };
}

test('two pictures are two prompts with seeds of their own, in the format asked for', async () => {
  const request = await submit(TEXT_TO_IMAGE, { output_format: 'jpeg', aspect_ratio: '3:2' }, 2);
  await startWorker();
  const result = await request.ended();
  expect(result).toMatchObject({ state: 'completed', backend: 'comfyui', cost: 0, warnings: null });
  expect(result!.outputs.map((file) => [file.content_type, file.width, file.height])).toEqual([
    ['image/jpeg', 1264, 848],
    ['image/jpeg', 1264, 848],
  ]);
  expect(fake.posted.map(({ prompt }) => prompt['3']!.inputs.seed).sort()).toEqual([1, 2]);
  expect(new Set(fake.posted.map(({ id }) => id)).size).toBe(2);
});

test('a video is the output called video', async () => {
  const request = await submit(VIDEO, { duration: 2, aspect_ratio: '1:1' });
  await startWorker();
  const result = await request.ended();
  expect(result!.outputs.map((file) => file.content_type)).toEqual(['video/mp4']);
  const body = resultBody(result!, 'http://localhost', ['http://localhost/a.mp4'], { includeCost: false });
  expect(body.output).toEqual({ video: 'http://localhost/a.mp4' });
});

test('a worker that stops leaves its prompt running, and the next one takes up its picture', async () => {
  fake.worker.holding = true;
  const held = once(fake.worker, 'held');
  const request = await submit(TEXT_TO_IMAGE, {});
  const first = await startWorker();
  await held;
  await first.stop(0);
  fake.worker.proceed();
  await startWorker();
  expect(await request.ended()).toMatchObject({ state: 'completed', done: 1 });
  expect([fake.posted.length, fake.worker.executed]).toEqual([1, 1]);
  expect(fake.worker.interrupted).toEqual([]);
});

test('a server out of memory is asked once more, under another id', async () => {
  fake.worker.executionError = {
    exception_type: 'torch.OutOfMemoryError',
    exception_message: 'out of memory',
  };
  fake.worker.once('done', () => {
    fake.worker.executionError = undefined;
  });
  const request = await submit(TEXT_TO_IMAGE, {});
  await startWorker();
  expect(await request.ended()).toMatchObject({ state: 'completed', done: 1 });
  expect(new Set(fake.posted.map(({ id }) => id)).size).toBe(2);
});

test('a workflow that fails is not tried again, and tells nothing of the server', async () => {
  fake.worker.executionError = {
    exception_type: 'RuntimeError',
    exception_message: 'shapes at /opt/ComfyUI/x.py',
  };
  const request = await submit(TEXT_TO_IMAGE, {});
  await startWorker();
  expect(await request.ended()).toMatchObject({
    state: 'failed',
    failure: {
      code: 'backend_rejected',
      message: 'The workflow of this model failed with this input.',
      retryable: false,
    },
  });
  expect(fake.posted).toHaveLength(1);
});
