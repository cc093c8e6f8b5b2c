/** Requests that OpenAI's API runs, through everything that can go wrong with it: each ends once and is paid for once. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOpenAiBackend } from '../src/backends/openai/openai.ts';
import { createRegistry } from '../src/backends/registry.ts';
import type { Routing } from '../src/backends/routing.ts';
import type { Worker } from '../src/requests/worker.ts';
import { type FakeOpenAi, type Fault, startFakeOpenAi } from './fakes/openai.ts';
import { apiError } from './fakes/openai-rules.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';

setStage();

let fake: FakeOpenAi;
let worker: Worker;
beforeEach(async () => {
  fake = await startFakeOpenAi();
  worker = await startWorker();
});
afterEach(async () => {
  await worker.stop(0);
  await fake[Symbol.asyncDispose]();
});

/** What a process has: nothing of it is left to the next. */
function startWorker(routing?: Routing): Promise<Worker> {
  const backend = createOpenAiBackend({ baseUrl: fake.url, timeoutMs: 2000, firstWaitMs: 1 });
  const notPlayed = () => Promise.reject(new Error('not asked for'));
  return stage.startWorker(notPlayed, { backends: createRegistry([backend], undefined, routing) });
}

async function submitted(prompt = 'a fox', rounds = 1) {
  const identity = await addIdentity(database.db);
  const input = { prompt, output_format: 'png', aspect_ratio: '1:1', quality: 'medium' };
  const modelId = 'openai/gpt-image-2/text-to-image';
  const id = await stage.submit(identity, { modelId, pool: 'openai', input, rounds });
  return async () => {
    const result = await stage.untilEnded(identity, id);
    return { ...result!, code: result!.failure?.code, files: result!.outputs.length };
  };
}

async function run(prompt?: string) {
  const { state, code, files } = await (await submitted(prompt))();
  return { state, code, files };
}

const busy: Fault = { answer: { status: 429, headers: { 'retry-after-ms': '5' } } };
const failed = (code: string) => ({ state: 'failed', code, files: 0 });
const completed = { state: 'completed', code: undefined, files: 1 };

const CASES: [string, Fault[], object, { attempts: number; paid: number }][] = [
  ['latency', [{ latencyMs: 50 }], completed, { attempts: 1, paid: 1 }],
  ['a reset before the answer', ['reset'], completed, { attempts: 2, paid: 1 }],
  [
    'a reset in the middle of the answer',
    ['reset-mid-body'],
    failed('backend_unavailable'),
    { attempts: 1, paid: 1 },
  ],
  ['some 429', [busy, busy], completed, { attempts: 3, paid: 1 }],
  ['a storm of 429', [busy, busy, busy, busy, busy], failed('backend_unavailable'), { attempts: 4, paid: 0 }],
  ['an outage of a moment', [{ answer: { status: 503 } }], completed, { attempts: 2, paid: 1 }],
  ['an answer of 200 MB', ['huge'], failed('backend_unavailable'), { attempts: 1, paid: 1 }],
  ['a server that never answers', ['silence'], failed('timeout'), { attempts: 1, paid: 0 }],
  ['a 200 without a picture', ['empty', 'empty'], failed('no_output'), { attempts: 2, paid: 0 }],
  ['bytes that are no picture', ['not-an-image'], failed('no_output'), { attempts: 1, paid: 1 }],
  ['a refused key', [{ answer: { status: 401 } }], failed('backend_auth'), { attempts: 1, paid: 0 }],
  [
    'a spent quota',
    [{ answer: { status: 429, body: apiError('insufficient_quota', 'spent') } }],
    failed('backend_unavailable'),
    { attempts: 1, paid: 0 },
  ],
];

test.each(CASES)('%s', async (_, faults, outcome, { attempts, paid }) => {
  fake.failNext(...faults);
  expect(await run()).toEqual(outcome);
  expect([fake.attempts().length, fake.paid]).toEqual([attempts, paid]);
});

test('a refusal of the content', async () => {
  expect(await run('forbidden')).toEqual(failed('content_blocked'));
  expect([fake.attempts().length, fake.paid]).toEqual([1, 0]);
});

test('several images are several calls, each paid by its tokens', async () => {
  const { state, files, cost, backend } = await (await submitted('a fox', 3))();
  expect([state, files, backend, fake.paid]).toEqual(['completed', 3, 'openai', 3]);
  // 1756 tokens an image at 30 USD a million, and 2 for the prompt at 5.
  expect(cost).toBe(3 * (52_680 + 10));
});

test('a job at stable-diffusion.cpp goes on after the worker that began it is gone', async () => {
  await worker.stop(0);
  await fake[Symbol.asyncDispose]();
  fake = await startFakeOpenAi({ mode: 'stable-diffusion.cpp' });
  fake.jobs.hold();
  const candidates = [{ backend: 'openai', upstreamModel: 'sd-cpp-local' }];
  const routing = { models: [{ pattern: 'openai/*', candidates }], limits: new Map() };
  const first = await startWorker(routing);
  const ended = await submitted();
  // The first look at the job: by then its reference is kept.
  await expect.poll(() => fake.calls.some(({ path }) => path.startsWith('/sdcpp/v1/jobs/'))).toBe(true);
  await first.stop(0);
  fake.jobs.release();
  worker = await startWorker(routing);
  expect(await ended()).toMatchObject({ state: 'completed', files: 1 });
  expect([fake.attempts().length, fake.paid]).toEqual([1, 1]);
});
