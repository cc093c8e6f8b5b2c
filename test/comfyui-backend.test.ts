/** Rounds on ComfyUI servers of today and of before `/api/jobs`: what is posted, found again, told and fetched. */
import { once } from 'node:events';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import { type Backend, BackendError, WorkHandedOver } from '../src/backends/backend.ts';
import type { Timings } from '../src/backends/comfyui/timings.ts';
import { type ComfyUiFake, type ComfyUiFakeOptions, startComfyUiFake } from './fakes/comfyui.ts';
import { comfyUiBackend, EDIT, IMPATIENT, TEXT_TO_IMAGE, VIDEO } from './support/comfyui.ts';
import { type TestContext, testContext, testInput, testRound } from './support/rounds.ts';

const fakes: ComfyUiFake[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake[Symbol.asyncDispose]();
});

async function startFake(options: ComfyUiFakeOptions = {}): Promise<ComfyUiFake> {
  const fake = await startComfyUiFake(options);
  fakes.push(fake);
  return fake;
}

let rounds = 0;
/** A round of its own each time. */
const newRound: typeof testRound = (changes = {}) =>
  testRound({
    id: `0199f0c2-0000-7000-8000-${String(++rounds).padStart(12, '0')}`,
    upstreamModel: TEXT_TO_IMAGE,
    parameters: { prompt: 'a boat on the sea', steps: 8 },
    ...changes,
  });

const failureOf = async (work: Promise<unknown>): Promise<BackendError> => {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof BackendError)) throw error;
  return error;
};

/** What a caller may read holds nothing of the server's. */
const INTERNALS = /127\.0\.0\.1|https?:|\/opt|Traceback|\.py|secret|safetensors/;

describe.each(['new', 'old'] as const)('on a server of the %s kind', (version) => {
  async function start(
    options: ComfyUiFakeOptions = {},
    timings: Partial<Timings> = {},
  ): Promise<{ fake: ComfyUiFake; backend: Backend }> {
    const fake = await startFake({ version, ...options });
    return { fake, backend: await comfyUiBackend([fake.url], timings) };
  }

  /** A round that is in the middle of its work. */
  async function startHeld(fake: ComfyUiFake, backend: Backend, context: TestContext, round = newRound()) {
    fake.worker.holding = true;
    const held = once(fake.worker, 'held');
    const work = backend.generate(round, context);
    // Whoever holds it looks at how it ends later.
    work.catch(() => {});
    await held;
    return { work, round };
  }

  test('a picture is made as asked: prompt, seed, steps and size are in their places', async () => {
    const { fake, backend } = await start();
    const round = newRound({ aspectRatio: '16:9', seed: 7, parameters: { steps: 6 } });
    const { outputs, adjustments } = await backend.generate(round, testContext());
    expect(adjustments).toEqual([]);
    expect(outputs.map(({ contentType }) => contentType)).toEqual(['image/png']);
    expect(await sharp(outputs[0]!.bytes).metadata()).toMatchObject({ width: 1376, height: 768 });
    const { prompt } = fake.posted[0]!;
    expect(prompt['6']!.inputs.text).toBe('a boat on the sea');
    expect(prompt['3']!.inputs).toMatchObject({ seed: 7, steps: 6, model: ['11', 0] });
    expect(prompt['13']!.inputs).toMatchObject({ width: 1376, height: 768 });
  });

  test('text of a caller is a value wherever it goes, never a part of the graph', async () => {
    const { fake, backend } = await start();
    const prompt = '"}, "9": ["4", 0], \\ {{seed}} %width% 6.inputs.text';
    await backend.generate(newRound({ prompt }), testContext());
    expect(fake.posted[0]!.prompt['6']!.inputs.text).toBe(prompt);
    expect(Object.keys(fake.posted[0]!.prompt)).toHaveLength(10);
  });

  test("the prompt goes by the round's id, which is kept before it is posted", async () => {
    const { fake, backend } = await start();
    const round = newRound();
    const postedWhenKept: number[] = [];
    const context = testContext();
    const { saveRemoteReference } = context;
    context.saveRemoteReference = async (reference) => {
      postedWhenKept.push(fake.posted.length);
      await saveRemoteReference(reference);
    };
    await backend.generate(round, context);
    expect(fake.posted.map(({ id, clientId }) => [id, clientId])).toEqual([[round.id, round.id]]);
    expect(postedWhenKept).toEqual([0]);
    expect(context.references).toEqual([
      { server: `${fake.url}/`, promptId: round.id, upstreamModel: TEXT_TO_IMAGE },
    ]);
  });

  test('input images are uploaded, and the names the server gives them are used', async () => {
    const { fake, backend } = await start();
    const [first, second] = [await testInput(64, 32), await testInput(32, 64)];
    const round = newRound({ upstreamModel: EDIT, images: [first, second], aspectRatio: 'auto' });
    await backend.generate(round, testContext());
    expect([...fake.uploads.values()]).toEqual([first.bytes, second.bytes]);
    const [one, two] = [...fake.uploads.keys()];
    expect(one).toMatch(/^darkroom\/[0-9a-f]{32}\.png$/);
    const { prompt } = fake.posted[0]!;
    expect([prompt['78']!.inputs.image, prompt['79']!.inputs.image]).toEqual([one, two]);
    // There was no third: its node is gone, and every link to it.
    expect(prompt['80']).toBeUndefined();
    expect(prompt['111']!.inputs).toMatchObject({ image1: ['78', 0], image2: ['79', 0] });
    expect(prompt['111']!.inputs).not.toHaveProperty('image3');
    expect(prompt['110']!.inputs).not.toHaveProperty('image3');
    // auto follows the first image, as near as a documented ratio comes to 2:1.
    expect(prompt['112']!.inputs).toMatchObject({ width: 1376, height: 768 });
  });

  test('an upload that the server names otherwise goes by that name', async () => {
    const { fake, backend } = await start();
    const image = await testInput();
    const round = newRound({ upstreamModel: EDIT, images: [image] });
    await backend.generate(round, testContext());
    const [name] = [...fake.uploads.keys()];
    fake.uploads.set(name!, Buffer.from('something else'));
    await backend.generate({ ...round, id: newRound().id }, testContext());
    expect(fake.posted[1]!.prompt['78']!.inputs.image).toBe(name!.replace('.png', ' (1).png'));
  });

  test('rounds with the same image share one upload', async () => {
    const { fake, backend } = await start();
    const images = [await testInput()];
    for (const seed of [1, 2])
      await backend.generate(newRound({ upstreamModel: EDIT, images, seed }), testContext());
    expect(fake.uploads.size).toBe(1);
  });

  test('a video is a video, of the length and size asked for', async () => {
    const { fake, backend } = await start();
    const parameters = { duration: 3, negative_prompt: 'rain' };
    const round = newRound({ upstreamModel: VIDEO, aspectRatio: '9:16', parameters });
    const { outputs } = await backend.generate(round, testContext());
    expect(outputs.map(({ contentType }) => contentType)).toEqual(['video/mp4']);
    const { prompt } = fake.posted[0]!;
    expect(prompt['55']!.inputs).toMatchObject({ width: 704, height: 1280, length: 73 });
    expect(prompt['55']!.inputs).not.toHaveProperty('start_image');
    expect(prompt['7']!.inputs.text).toBe('rain');
  });

  test('a video may begin with a picture, and keeps what the workflow says where nothing was asked', async () => {
    const { fake, backend } = await start();
    const images = [await testInput(40, 40)];
    await backend.generate(
      newRound({ upstreamModel: VIDEO, aspectRatio: 'auto', images, parameters: {} }),
      testContext(),
    );
    const { prompt } = fake.posted[0]!;
    expect(prompt['55']!.inputs).toMatchObject({
      width: 960,
      height: 960,
      length: 121,
      start_image: ['56', 0],
    });
    expect(prompt['7']!.inputs.text).toMatch(/^色调艳丽/);
  });

  test('progress is told as the sampler steps, and never goes back', async () => {
    const { fake, backend } = await start();
    const context = testContext();
    await backend.generate(newRound(), context);
    expect([...new Set(context.fractions)]).toEqual([0.25, 0.5, 0.75, 1]);
    expect(fake.worker.executed).toBe(1);
  });

  test('without a socket the picture comes all the same, and no progress is invented', async () => {
    const { fake, backend } = await start();
    fake.faults.noSocket = true;
    const context = testContext();
    expect((await backend.generate(newRound(), context)).outputs).toHaveLength(1);
    expect(context.fractions).toEqual([]);
  });

  test('losing the socket loses neither the work nor, once it is back, the progress', async () => {
    const { fake, backend } = await start();
    const context = testContext();
    const { work } = await startHeld(fake, backend, context);
    const [again] = [once(fake.worker, 'socket')];
    fake.killSockets();
    await again;
    fake.worker.proceed();
    expect((await work).outputs).toHaveLength(1);
    expect(context.fractions).toContain(1);
    expect(fake.posted).toHaveLength(1);
  });

  test('the socket is closed when the round is over', async () => {
    const { fake, backend } = await start();
    const closed = once(fake.worker, 'socket closed');
    await backend.generate(newRound(), testContext());
    await closed;
    expect(fake.openSockets).toBe(0);
  });

  test('a graph that is all in the cache is done before any event, and its picture fetched', async () => {
    const { fake, backend } = await start();
    const first = await backend.generate(newRound(), testContext());
    const second = await backend.generate(newRound(), testContext());
    expect(second.outputs).toEqual(first.outputs);
    expect([fake.posted.length, fake.worker.executed]).toEqual([2, 1]);
  });

  describe('after a crash of ours', () => {
    /** Stops as a dying process does: nobody says goodbye. */
    async function crashInTheMiddle(fake: ComfyUiFake, backend: Backend) {
      const stop = new AbortController();
      const context = testContext({ signal: stop.signal });
      const { work, round } = await startHeld(fake, backend, context);
      stop.abort(new WorkHandedOver('another process goes on'));
      await expect(work).rejects.toThrow('another process goes on');
      return { round, reference: context.references.at(-1)! };
    }

    test('the running prompt is left alone, found by its reference and not posted twice', async () => {
      const { fake, backend } = await start();
      const { round, reference } = await crashInTheMiddle(fake, backend);
      const another = await comfyUiBackend([fake.url]);
      const work = another.resume!(reference, { ...round, attempt: 1 }, testContext());
      fake.worker.proceed();
      expect((await work).outputs).toHaveLength(1);
      expect([fake.posted.length, fake.worker.executed]).toEqual([1, 1]);
      expect(fake.worker.interrupted).toEqual([]);
    });

    test('it is found by the id of the round alone', async () => {
      const { fake, backend } = await start();
      const { round } = await crashInTheMiddle(fake, backend);
      const another = await comfyUiBackend([fake.url]);
      const work = another.generate({ ...round, attempt: 1 }, testContext());
      fake.worker.proceed();
      expect((await work).outputs).toHaveLength(1);
      expect(fake.posted).toHaveLength(1);
    });

    test('a prompt that ended meanwhile is fetched', async () => {
      const { fake, backend } = await start();
      const { round, reference } = await crashInTheMiddle(fake, backend);
      const done = once(fake.worker, 'done');
      fake.worker.proceed();
      await done;
      const another = await comfyUiBackend([fake.url]);
      expect((await another.resume!(reference, round, testContext())).outputs).toHaveLength(1);
      expect((await another.generate(round, testContext())).outputs).toHaveLength(1);
      expect(fake.posted).toHaveLength(1);
    });

    test('a prompt that was never posted, its reference kept, is posted once', async () => {
      const { fake, backend } = await start();
      const round = newRound();
      const reference = { server: `${fake.url}/`, promptId: round.id, upstreamModel: TEXT_TO_IMAGE };
      expect((await backend.resume!(reference, round, testContext())).outputs).toHaveLength(1);
      expect(fake.posted).toHaveLength(1);
    });

    test('a server that has forgotten it, having been restarted as well, is posted it again', async () => {
      const { fake, backend } = await start();
      const { round, reference } = await crashInTheMiddle(fake, backend);
      await fake.restart();
      fake.worker.proceed();
      expect((await backend.resume!(reference, round, testContext())).outputs).toHaveLength(1);
      expect(fake.posted.map(({ id }) => id)).toEqual([round.id, round.id]);
    });

    test('a finished prompt that fell out of the capped history is made again', async () => {
      const { fake, backend } = await start({ historySize: 1 });
      const { round, reference } = await crashInTheMiddle(fake, backend);
      const done = once(fake.worker, 'done');
      fake.worker.proceed();
      await done;
      await backend.generate(newRound({ seed: 5 }), testContext());
      expect((await backend.resume!(reference, round, testContext())).outputs).toHaveLength(1);
      expect(fake.posted).toHaveLength(3);
    });

    test('a reference of another backend is no reference', async () => {
      const { fake, backend } = await start();
      expect((await backend.resume!({ jobId: 'x' }, newRound(), testContext())).outputs).toHaveLength(1);
      expect(fake.posted).toHaveLength(1);
    });
  });

  describe('when nobody waits any more', () => {
    test('a running prompt is stopped', async () => {
      const { fake, backend } = await start();
      const stop = new AbortController();
      const { work, round } = await startHeld(fake, backend, testContext({ signal: stop.signal }));
      stop.abort(new Error('the deadline has passed'));
      await expect(work).rejects.toThrow('the deadline has passed');
      expect(fake.worker.interrupted).toEqual([round.id]);
    });

    test('a waiting prompt leaves the queue, and the one that runs goes on', async () => {
      const { fake, backend } = await start();
      const running = await startHeld(fake, backend, testContext());
      const stop = new AbortController();
      const posted = once(fake.worker, 'posted');
      const waiting = backend.generate(newRound({ seed: 9 }), testContext({ signal: stop.signal }));
      await posted;
      stop.abort(new Error('the deadline has passed'));
      await expect(waiting).rejects.toThrow('the deadline has passed');
      expect(fake.worker.queue).toEqual([]);
      expect(fake.worker.interrupted).toEqual([]);
      fake.worker.proceed();
      expect((await running.work).outputs).toHaveLength(1);
    });
  });

  describe('a failure is told in plain words', () => {
    test.each([
      [
        'torch.OutOfMemoryError',
        'Allocation on device 0 would exceed allowed memory.',
        'unavailable',
        /memory/,
      ],
      ['RuntimeError', 'CUDA error: an illegal memory access was encountered', 'unavailable', /may pass/],
      [
        'RuntimeError',
        'mat1 and mat2 shapes cannot be multiplied (77x2048 and 4096x64)',
        'invalid_request',
        /input/,
      ],
      [
        'PIL.UnidentifiedImageError',
        "cannot identify image file '/opt/ComfyUI/input/x.png'",
        'invalid_request',
        /image/,
      ],
    ])('%s: %s', async (exception_type, exception_message, kind, words) => {
      const { fake, backend } = await start();
      fake.worker.executionError = { exception_type, exception_message };
      const round = newRound();
      const error = await failureOf(backend.generate(round, testContext()));
      expect([error.kind, error.message]).toEqual([kind, expect.stringMatching(words)]);
      expect(error.message).not.toMatch(INTERNALS);
      // The operator is told which node it was; nobody what the prompt said.
      expect(String(error.cause)).toContain('node 3 (KSampler)');
      expect(String(error.cause)).not.toMatch(/secret|execution\.py/);
      // It was not asked for twice, and is not when asked by the same id again.
      expect(await failureOf(backend.generate(round, testContext()))).toMatchObject({ kind });
      expect(fake.posted).toHaveLength(1);
    });

    test('one that an operator interrupts is cancelled', async () => {
      const { fake, backend } = await start();
      const { work } = await startHeld(fake, backend, testContext());
      fake.worker.interrupt();
      expect(await failureOf(work)).toMatchObject({ kind: 'cancelled' });
    });

    test('a refused value is named as the caller calls it', async () => {
      const { fake, backend } = await start();
      const error = await failureOf(
        backend.generate(newRound({ parameters: { steps: 20_000 } }), testContext()),
      );
      expect([error.kind, error.message]).toEqual([
        'invalid_request',
        'The workflow of this model does not take this steps.',
      ]);
      expect(String(error.cause)).toContain('node 3: value_bigger_than_max (steps)');
      expect(fake.posted).toEqual([]);
    });

    test('a file that went missing after the inventory is not the caller’s fault', async () => {
      const { fake, backend } = await start();
      await backend.generate(newRound(), testContext());
      fake.files.unet.length = 0;
      const error = await failureOf(backend.generate(newRound({ seed: 3 }), testContext()));
      expect(error.kind).toBe('model_unavailable');
      expect(error.message).not.toMatch(INTERNALS);
    });

    test('a workflow that saves nothing gives no output', async () => {
      const { fake, backend } = await start();
      fake.worker.savesNothing = true;
      expect(await failureOf(backend.generate(newRound(), testContext()))).toMatchObject({
        kind: 'no_output',
      });
    });

    test('a file that is neither image nor video is no output', async () => {
      const { fake, backend } = await start();
      fake.faults.view = Buffer.from('{"not": "a picture"}');
      expect(await failureOf(backend.generate(newRound(), testContext()))).toMatchObject({
        kind: 'no_output',
      });
    });

    test('a server that forgets the work in its middle is not waited for', async () => {
      const { fake, backend } = await start();
      const { work } = await startHeld(fake, backend, testContext());
      await fake.restart();
      expect(await failureOf(work)).toMatchObject({ kind: 'unavailable', message: /lost/ });
    });
  });

  test('a server that is away for a moment is waited for', async () => {
    const { fake, backend } = await start();
    const first = await backend.generate(newRound(), testContext());
    const { work, round } = await startHeld(fake, backend, testContext(), newRound({ seed: 3 }));
    fake.faults.status = 502;
    const calls = fake.calls.length;
    while (fake.calls.length < calls + 2) await new Promise((resolve) => setImmediate(resolve));
    fake.faults.status = undefined;
    fake.worker.proceed();
    expect((await work).outputs).toHaveLength(first.outputs.length);
    expect(fake.posted.filter(({ id }) => id === round.id)).toHaveLength(1);
  });

  test('an answer that breaks off in the middle is asked for again, and nothing is executed twice', async () => {
    const { fake, backend } = await start();
    fake.faults.resetViews = 2;
    const { outputs } = await backend.generate(newRound(), testContext());
    expect((await sharp(outputs[0]!.bytes).metadata()).format).toBe('png');
    expect([fake.posted.length, fake.worker.executed]).toEqual([1, 1]);
  });

  test('a posted prompt whose answer never comes is found, not posted again', async () => {
    const { fake, backend } = await start({}, IMPATIENT);
    fake.faults.silent = /^POST \/prompt/;
    expect((await backend.generate(newRound(), testContext())).outputs).toHaveLength(1);
    expect(fake.posted).toHaveLength(1);
  });

  test('an output larger than is taken is refused without being read', async () => {
    const fake = await startFake({ version });
    const backend = await comfyUiBackend([fake.url], {}, 2 ** 20);
    fake.faults.view = Buffer.alloc(200 * 2 ** 20);
    const error = await failureOf(backend.generate(newRound(), testContext()));
    expect([error.kind, error.message]).toEqual([
      'invalid_request',
      'The output is larger than the 1 MB that are taken.',
    ]);
    expect(fake.posted).toHaveLength(1);
  });

  test('a server that accepts and never answers ends the round in time', async () => {
    const { fake, backend } = await start({}, IMPATIENT);
    fake.faults.silent = /./;
    const error = await failureOf(backend.generate(newRound(), testContext()));
    expect([error.kind, error.message]).toEqual(['unavailable', 'No ComfyUI server answers.']);
  });

  test('a server that falls silent with our work counts as lost after a while', async () => {
    const { fake, backend } = await start({}, IMPATIENT);
    const { work } = await startHeld(fake, backend, testContext());
    fake.faults.silent = /./;
    expect(await failureOf(work)).toMatchObject({ kind: 'unavailable', message: /stopped answering/ });
  });

  test('slowness alone harms nothing', async () => {
    const { fake, backend } = await start();
    fake.faults.latencyMs = 30;
    expect((await backend.generate(newRound(), testContext())).outputs).toHaveLength(1);
    expect(fake.posted).toHaveLength(1);
  });

  test('more images than the workflow has places for are refused before anything is asked', async () => {
    const { fake, backend } = await start();
    const images = [await testInput(), await testInput(16, 16)];
    const error = await failureOf(
      backend.generate(newRound({ upstreamModel: VIDEO, images }), testContext()),
    );
    expect([error.kind, error.message]).toEqual([
      'invalid_request',
      'This model takes at most 1 input images.',
    ]);
    expect(fake.calls).toEqual([]);
  });

  test('a proxy that wants other credentials is told as such', async () => {
    const { fake, backend } = await start();
    fake.faults.status = 401;
    expect(await failureOf(backend.generate(newRound(), testContext()))).toMatchObject({ kind: 'auth' });
  });
});

describe('on a server that makes up its own ids', () => {
  const options: ComfyUiFakeOptions = { version: 'old', makesUpIds: true };

  test('the id it gives is kept and followed', async () => {
    const fake = await startFake(options);
    const backend = await comfyUiBackend([fake.url]);
    const context = testContext();
    expect((await backend.generate(newRound(), context)).outputs).toHaveLength(1);
    expect(context.references.at(-1)!.promptId).toBe(fake.posted[0]!.id);
    expect(context.fractions).toContain(1);
  });

  test('a prompt whose answer was lost is found in its queue by its client', async () => {
    const fake = await startFake(options);
    const backend = await comfyUiBackend([fake.url], IMPATIENT);
    fake.worker.holding = true;
    const held = once(fake.worker, 'held');
    fake.faults.silent = /^POST \/prompt/;
    const context = testContext();
    const work = backend.generate(newRound(), context);
    await held;
    const seen = fake.calls.length;
    // Until it has looked: after the end only its own id would lead to it.
    while (!fake.calls.slice(seen).includes('GET /queue'))
      await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    fake.worker.proceed();
    expect((await work).outputs).toHaveLength(1);
    expect(fake.posted).toHaveLength(1);
  });

  test("cancelling what waits does not stop somebody else's work", async () => {
    const fake = await startFake(options);
    const backend = await comfyUiBackend([fake.url]);
    fake.worker.holding = true;
    const held = once(fake.worker, 'held');
    const others = backend.generate(newRound(), testContext());
    await held;
    const stop = new AbortController();
    const posted = once(fake.worker, 'posted');
    const ours = backend.generate(newRound({ seed: 2 }), testContext({ signal: stop.signal }));
    await posted;
    stop.abort(new Error('the deadline has passed'));
    await expect(ours).rejects.toThrow('the deadline has passed');
    expect([fake.worker.queue, fake.worker.interrupted]).toEqual([[], []]);
    fake.worker.proceed();
    expect((await others).outputs).toHaveLength(1);
  });
});

test('a prompt that ends between the looks at history and queue of an older server is not posted again', async () => {
  const fake = await startFake({ version: 'old' });
  const round = newRound();
  const stop = new AbortController();
  fake.worker.holding = true;
  const held = once(fake.worker, 'held');
  const crashed = (await comfyUiBackend([fake.url])).generate(round, testContext({ signal: stop.signal }));
  crashed.catch(() => {});
  await held;
  stop.abort(new WorkHandedOver());
  const backend = await comfyUiBackend([fake.url]);
  fake.faults.before = (name) => {
    if (name !== 'GET /queue') return undefined;
    fake.faults.before = undefined;
    const done = once(fake.worker, 'done');
    fake.worker.proceed();
    return done;
  };
  expect((await backend.generate(round, testContext())).outputs).toHaveLength(1);
  expect(fake.posted).toHaveLength(1);
});

test('an older server is asked for jobs once, then no more', async () => {
  const fake = await startFake({ version: 'old' });
  const backend = await comfyUiBackend([fake.url]);
  for (const seed of [1, 2]) await backend.generate(newRound({ seed }), testContext());
  expect(fake.calls.filter((call) => call.includes('/api/jobs'))).toHaveLength(1);
});

test('what a workflow can take is known without asking', async () => {
  const backend = await comfyUiBackend(['http://127.0.0.1:1']);
  expect(backend.capabilities(EDIT)).toMatchObject({
    maxInputImages: 3,
    seed: 'best-effort',
    reportsProgress: true,
  });
  expect(backend.capabilities(TEXT_TO_IMAGE).maxInputImages).toBe(0);
  expect(backend.capabilities('nobody/knows').maxInputImages).toBe(0);
});

test('user and password of an address go along as credentials, and into no reference', async () => {
  const fake = await startFake();
  const backend = await comfyUiBackend([fake.url.replace('//', '//me:s%40cret@')]);
  const context = testContext();
  await backend.generate(newRound(), context);
  expect(new Set(fake.authorizations)).toEqual(
    new Set([`Basic ${Buffer.from('me:s@cret').toString('base64')}`]),
  );
  expect(JSON.stringify(context.references)).not.toContain('cret');
});
