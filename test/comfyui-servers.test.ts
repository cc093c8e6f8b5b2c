/** Several ComfyUI servers: the shortest queue first, dead ones rest, and none is used for what it lacks. */
import { once } from 'node:events';
import pino from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { type BackendError, WorkHandedOver } from '../src/backends/backend.ts';
import { type ComfyUiFake, startComfyUiFake } from './fakes/comfyui.ts';
import { comfyUiBackend, EDIT, IMPATIENT, TEXT_TO_IMAGE, VIDEO } from './support/comfyui.ts';
import { testContext, testRound } from './support/rounds.ts';

const fakes: ComfyUiFake[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake[Symbol.asyncDispose]();
});

async function startFakes(): Promise<[ComfyUiFake, ComfyUiFake]> {
  const pair: [ComfyUiFake, ComfyUiFake] = [
    await startComfyUiFake(),
    await startComfyUiFake({ version: 'old' }),
  ];
  fakes.push(...pair);
  return pair;
}

let rounds = 0;
const newRound = (upstreamModel = TEXT_TO_IMAGE) =>
  testRound({
    id: `0199f0c2-0001-7000-8000-${String(++rounds).padStart(12, '0')}`,
    seed: rounds,
    upstreamModel,
  });

const posts = (...list: ComfyUiFake[]): number[] => list.map((fake) => fake.posted.length);

test('a round goes to the shortest queue', async () => {
  const [busy, idle] = await startFakes();
  busy.worker.holding = true;
  const backend = await comfyUiBackend([busy.url, idle.url]);
  const alone = await comfyUiBackend([busy.url]);
  const held = once(busy.worker, 'held');
  const first = alone.generate(newRound(), testContext());
  await held;
  await backend.generate(newRound(), testContext());
  await backend.generate(newRound(), testContext());
  expect(posts(busy, idle)).toEqual([1, 2]);
  busy.worker.proceed();
  await first;
});

test('rounds that come at once are spread, although every queue is empty when they look', async () => {
  const [one, two] = await startFakes();
  const backend = await comfyUiBackend([one.url, two.url]);
  await Promise.all([1, 2, 3, 4].map(() => backend.generate(newRound(), testContext())));
  expect(posts(one, two)).toEqual([2, 2]);
});

test('a dead server rests and is not asked, and is taken again afterwards', async () => {
  const [one, two] = await startFakes();
  const backend = await comfyUiBackend([one.url, two.url], { restMs: 2000 });
  await one.stop();
  await backend.generate(newRound(), testContext());
  expect(posts(one, two)).toEqual([0, 1]);
  await one.listen();
  await backend.generate(newRound(), testContext());
  expect(one.calls).toEqual([]);
  // The rest is over some time; until then every round finds its way.
  while (one.calls.length === 0) await backend.generate(newRound(), testContext());
  expect(one.calls[0]).toBe('GET /prompt');
});

test('a server that accepts and never answers is gone round', async () => {
  const [one, two] = await startFakes();
  one.faults.silent = /./;
  const backend = await comfyUiBackend([one.url, two.url], IMPATIENT);
  expect((await backend.generate(newRound(), testContext())).outputs).toHaveLength(1);
  expect(posts(one, two)).toEqual([0, 1]);
});

test('when all rest they are asked all the same', async () => {
  const [one] = await startFakes();
  const backend = await comfyUiBackend([one.url], { restMs: 60_000 });
  await one.stop();
  await expect(backend.generate(newRound(), testContext())).rejects.toThrow('No ComfyUI server answers.');
  await one.listen();
  expect((await backend.generate(newRound(), testContext())).outputs).toHaveLength(1);
});

test('the prompt of a crashed process is found on whichever server has it', async () => {
  const [one, two] = await startFakes();
  const stop = new AbortController();
  const round = newRound();
  two.worker.holding = true;
  const held = once(two.worker, 'held');
  const crashed = (await comfyUiBackend([two.url])).generate(round, testContext({ signal: stop.signal }));
  crashed.catch(() => {});
  await held;
  stop.abort(new WorkHandedOver());
  const backend = await comfyUiBackend([one.url, two.url]);
  const work = backend.generate(round, testContext());
  two.worker.proceed();
  expect((await work).outputs).toHaveLength(1);
  expect(posts(one, two)).toEqual([0, 1]);
});

describe('a server that lacks what a model needs', () => {
  const told: { missing: string[]; server: string }[] = [];
  const log = pino({ level: 'error' }, { write: (line) => void told.push(JSON.parse(line)) });
  afterEach(() => {
    told.length = 0;
  });

  test('is not used for it, for others it is, and the operator is told what is missing', async () => {
    const [one, two] = await startFakes();
    one.files.unet = one.files.unet.filter((name) => !name.startsWith('z_image'));
    const backend = await comfyUiBackend([one.url, two.url]);
    await backend.generate(newRound(), testContext({ log }));
    await backend.generate(newRound(), testContext({ log }));
    expect(posts(one, two)).toEqual([0, 2]);
    expect(told[0]).toMatchObject({
      server: `${one.url}/`,
      missing: [
        expect.stringMatching(
          /^node 16 \(UNETLoader\): unet_name "z_image_turbo_bf16\.safetensors" is not there; there is: qwen/,
        ),
      ],
    });
    await backend.generate(newRound(VIDEO), testContext());
    expect(posts(one, two)).toEqual([1, 2]);
  });

  test('when none has it the caller is told no names, and it is looked at again soon', async () => {
    const [, old] = await startFakes();
    old.files.vae = [];
    const backend = await comfyUiBackend([old.url], { incompleteForMs: 0 });
    const error: BackendError = await backend.generate(newRound(), testContext({ log })).then(
      () => expect.unreachable(),
      (reason: BackendError) => reason,
    );
    expect([error.kind, error.message]).toEqual([
      'model_unavailable',
      'No ComfyUI server has all that this model needs.',
    ]);
    expect(told[0]!.missing).toEqual([
      'node 17 (VAELoader): vae_name "ae.safetensors" is not there; there is nothing to choose from',
    ]);
    old.files.vae = ['ae.safetensors'];
    expect((await backend.generate(newRound(), testContext())).outputs).toHaveLength(1);
  });

  test('its inventory is asked for once, not with each round', async () => {
    const [one] = await startFakes();
    const backend = await comfyUiBackend([one.url]);
    await backend.generate(newRound(), testContext());
    const asked = one.calls.filter((call) => call.includes('object_info')).length;
    expect(asked).toBe(10);
    await backend.generate(newRound(), testContext());
    expect(one.calls.filter((call) => call.includes('object_info'))).toHaveLength(asked);
  });
});

describe('health', () => {
  test('tells for each server its version, its queue and what it lacks', async () => {
    const [one, two] = await startFakes();
    one.files.lora = [];
    await two.stop();
    const backend = await comfyUiBackend([one.url, two.url]);
    const { reachable, message, upstreamModels } = await backend.health!(new AbortController().signal);
    expect(reachable).toBe(true);
    expect(upstreamModels!.sort()).toEqual([VIDEO, TEXT_TO_IMAGE].sort());
    const lines = message.split('\n');
    expect(lines[0]).toBe(`${one.url}/ ComfyUI 0.36.0, 0 in its queue`);
    expect(lines[1]).toMatch(new RegExp(`^ {2}${EDIT}: node 89 \\(LoraLoaderModelOnly\\): lora_name`));
    expect(lines[2]).toBe(
      `${two.url}/ GET system_stats: ECONNREFUSED; is ComfyUI running there, with --listen?`,
    );
    expect(one.posted).toEqual([]);
  });

  test('names classes that are not installed', async () => {
    const [one] = await startFakes();
    one.missingClasses.push('CFGNorm');
    const { message } = await (await comfyUiBackend([one.url])).health!(new AbortController().signal);
    expect(message).toContain(`${EDIT}: node 75 (CFGNorm): this class is not installed`);
  });

  test('is bad when nobody is there', async () => {
    const health = await (await comfyUiBackend(['http://127.0.0.1:1'])).health!(new AbortController().signal);
    expect(health).toMatchObject({ reachable: false, upstreamModels: [] });
  });
});
