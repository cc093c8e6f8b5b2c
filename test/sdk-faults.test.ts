/** The client behind a connection that fails in every way: it comes to its result, and each image is paid for once. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ConnectionError,
  Darkroom,
  outputUrls,
  RateLimitError,
  ServerError,
  type Update,
} from '../src/client/index.ts';
import { call, TEXT_TO_IMAGE } from './support/api.ts';
import { type Peek, peekInto } from './support/database.ts';
import type { Fault, ProxiedCall } from './support/faulty-proxy.ts';
import { freePort } from './support/free-port.ts';
import { randomFrom } from './support/random.ts';
import { account, darkroom, proxy, server, setSdkStage } from './support/sdk-stage.ts';
import { spawnServer, temporaryFolder } from './support/server.ts';

setSdkStage();
let db: Peek;
beforeAll(async () => {
  db = await peekInto(server.dataDir);
});
afterAll(() => db[Symbol.asyncDispose]());

const INPUT = { prompt: 'a boat', num_images: 2, resolution: '0.5K' } as const;
const PRICE_USD = 0.045;

const isSubmit = ({ method, path }: ProxiedCall): boolean =>
  method === 'POST' && path.startsWith('/v1/models/');
const isEvents = ({ path }: ProxiedCall): boolean => /\/events(\?|$)/.test(path);
const isUpload = ({ method, path }: ProxiedCall): boolean => method === 'POST' && path === '/v1/files';
const submits = (): ProxiedCall[] => proxy.calls.filter(isSubmit);

/** Requests of the account, calls of backends for them, and what was paid. */
async function spent(): Promise<{ requests: number; calls: number; usd: number }> {
  const { requests, calls } = await db.row(
    `select count(distinct requests.id)::int as requests, coalesce(sum(rounds.attempts), 0)::int as calls
     from requests left join rounds on rounds.request_id = requests.id where account_id = $1`,
    [account.accountId],
  );
  const { body } = await call(account, '/v1/usage');
  return { requests, calls, usd: body.total.cost_usd };
}

const once = (images: number): object => ({
  requests: 1,
  calls: images,
  usd: expect.closeTo(images * PRICE_USD, 6),
});

const refusal = (status: number, retryAfter?: string): Fault => ({
  kind: 'answer',
  status,
  headers: {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  },
  body: JSON.stringify({
    error_code: status * 1000 + 1,
    error_name: 'Test',
    message: 'not now',
    request_id: 'r-1',
  }),
});

/** Those of a submit, the first times it is tried. */
const SUBMIT_FAULTS: [string, Fault[]][] = [
  ['broke before the server saw it', [{ kind: 'reset' }]],
  ['was done and its answer lost, twice', [{ kind: 'lose' }, { kind: 'lose' }]],
  ['was done and half of its answer came', [{ kind: 'cut', bytes: 60 }]],
  ['was refused with 429', [refusal(429, '0')]],
  ['was refused with 503', [refusal(503, '0')]],
  [
    'was answered by a proxy with 502, then lost',
    [{ kind: 'answer', status: 502, body: '<html>' }, { kind: 'lose' }],
  ],
];

test.each(SUBMIT_FAULTS)('a submit that %s makes one request', async (_, faults) => {
  proxy.fault = (call) => (isSubmit(call) ? faults[call.before] : undefined);
  const result = await darkroom.run(TEXT_TO_IMAGE, INPUT);
  expect(outputUrls(result)).toHaveLength(2);
  expect(submits()).toHaveLength(faults.length + 1);
  // All of them under one key, which no other submit has.
  const keys = new Set(submits().map(({ headers }) => headers['idempotency-key']));
  expect([...keys]).toEqual([expect.stringMatching(/^sdk-[0-9a-f]{40}$/)]);
  expect(await spent()).toEqual(once(2));
});

test('every submit has a key of its own', async () => {
  const [one, other] = await Promise.all([
    darkroom.submit(TEXT_TO_IMAGE, INPUT),
    darkroom.submit(TEXT_TO_IMAGE, INPUT),
  ]);
  expect(one.request_id).not.toBe(other.request_id);
  await Promise.all([darkroom.wait(one.request_id), darkroom.wait(other.request_id)]);
  expect((await spent()).requests).toBe(2);
});

test('a submit that is still being accepted elsewhere is waited for', async () => {
  proxy.fault = (call) => (isSubmit(call) && call.before < 8 ? refusal(409, '0') : undefined);
  const impatient = new Darkroom({ apiKey: account.key, baseUrl: proxy.url, maxRetries: 0 });
  await impatient.run(TEXT_TO_IMAGE, INPUT, { idempotencyKey: 'mine' });
  expect(submits().map(({ headers }) => headers['idempotency-key'])).toEqual(Array(9).fill('mine'));
  expect(await spent()).toEqual(once(2));
});

/** Everything that follows a submit, each the first time it is called. */
const LATER_FAULTS: [string, Fault][] = [
  ['breaks', { kind: 'reset' }],
  ['is done and not answered', { kind: 'lose' }],
  ['is answered by half', { kind: 'cut', bytes: 700 }],
  ['is refused with 503', refusal(503, '0')],
];

test.each(LATER_FAULTS)(
  'when each call after the submit first %s, the result still comes',
  async (_, fault) => {
    proxy.fault = (call) => (!isSubmit(call) && call.before === 0 ? fault : undefined);
    const updates: Update[] = [];
    const result = await darkroom.run(TEXT_TO_IMAGE, INPUT, { onUpdate: (update) => updates.push(update) });
    expect(outputUrls(result)).toHaveLength(2);
    expect(updates.at(-1)).toMatchObject({ type: 'status', status: 'completed' });
    const outputs = updates.flatMap((update) => (update.type === 'output' ? [update.index] : []));
    // None is missed and none is told twice, however the events were cut.
    expect(outputs.sort()).toEqual([0, 1]);
    expect(await spent()).toEqual(once(2));
  },
);

test('without events, faults of the status calls are as harmless', async () => {
  proxy.fault = (call) => {
    if (isEvents(call)) return { kind: 'answer', status: 404 };
    return !isSubmit(call) && call.before === 0 ? { kind: 'lose' } : undefined;
  };
  const result = await darkroom.run(TEXT_TO_IMAGE, INPUT);
  expect(outputUrls(result)).toHaveLength(2);
  expect(proxy.calls.filter(isEvents)).toHaveLength(1);
  expect(await spent()).toEqual(once(2));
});

test('a connection on which any call may fail in any way costs what a good one does', {
  timeout: 120_000,
}, async () => {
  const seed = Date.now() % 1_000_000;
  const random = randomFrom(seed);
  const faults: (Fault | undefined)[] = [
    { kind: 'reset' },
    { kind: 'lose' },
    { kind: 'cut', bytes: 300 },
    refusal(429, '0'),
    refusal(503, '0'),
    { kind: 'answer', status: 502 },
  ];
  // Each third call on average, and never so often that it has to be given up.
  proxy.fault = ({ before }) => (before < 4 && random.next() < 0.35 ? random.pick(faults) : undefined);
  const runs = Array.from({ length: 8 }, (_, index) =>
    darkroom.run(TEXT_TO_IMAGE, { ...INPUT, seed: index }, { idempotencyKey: `storm-${index}` }),
  );
  const results = await Promise.all(runs).catch((error) => {
    throw new Error(`with seed ${seed}`, { cause: error });
  });
  expect(new Set(results.flatMap(outputUrls)).size, `seed ${seed}`).toBe(16);
  expect(await spent(), `seed ${seed}`).toEqual({
    requests: 8,
    calls: 16,
    usd: expect.closeTo(16 * PRICE_USD, 6),
  });
});

test('Retry-After is obeyed, as seconds and as a date', async () => {
  const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
  proxy.fault = (call) =>
    isSubmit(call) ? [refusal(429, '1'), refusal(503, soon.toUTCString())][call.before] : undefined;
  const arrived: number[] = [];
  const counting = new Darkroom({
    apiKey: account.key,
    baseUrl: proxy.url,
    fetch: (...parameters) => {
      arrived.push(Date.now());
      return fetch(...parameters);
    },
  });
  await counting.submit(TEXT_TO_IMAGE, INPUT);
  const [first = 0, second = 0, third = 0] = arrived;
  expect(second - first).toBeGreaterThanOrEqual(1000);
  expect(third).toBeGreaterThanOrEqual(soon.getTime());
});

test('who is asked to stay away for long is told so instead of being kept', async () => {
  proxy.fault = () => refusal(429, '3600');
  const error = await darkroom.run(TEXT_TO_IMAGE, INPUT).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ retryAfter: 3600, requestId: 'r-1', message: 'not now' });
  expect(proxy.calls).toHaveLength(1);
});

test('retries end, with the last error', async () => {
  proxy.fault = () => refusal(503, '0');
  const twice = new Darkroom({ apiKey: account.key, baseUrl: proxy.url, maxRetries: 2 });
  await expect(twice.submit(TEXT_TO_IMAGE, INPUT)).rejects.toBeInstanceOf(ServerError);
  expect(proxy.calls).toHaveLength(3);
});

test('what is wrong with a call is no reason to make it again', async () => {
  await expect(darkroom.submit(TEXT_TO_IMAGE, {} as typeof INPUT)).rejects.toMatchObject({ status: 422 });
  await expect(darkroom.models.get('no/such')).rejects.toMatchObject({ status: 404 });
  expect(proxy.calls).toHaveLength(2);
});

test('what would be done twice is not repeated once its answer is lost', async () => {
  proxy.fault = () => ({ kind: 'lose' });
  await expect(darkroom.keys.create({ name: 'twice' })).rejects.toBeInstanceOf(ConnectionError);
  proxy.fault = () => undefined;
  expect((await darkroom.keys.list()).filter(({ name }) => name === 'twice')).toHaveLength(1);
});

test('what was deleted and not answered is deleted', async () => {
  const { request_id } = await darkroom.run(TEXT_TO_IMAGE, INPUT);
  proxy.fault = ({ method, before }) => (method === 'DELETE' && before === 0 ? { kind: 'lose' } : undefined);
  await darkroom.requests.delete(request_id);
  await expect(darkroom.requests.delete(request_id)).rejects.toMatchObject({ status: 404 });
});

test('an upload whose answer was lost is sent again, whole', async () => {
  const { request_id, output } = await darkroom.run(TEXT_TO_IMAGE, { prompt: 'a fox', resolution: '0.5K' });
  const image = await (await fetch(output.image!)).blob();
  proxy.fault = (call) => (isUpload(call) && call.before === 0 ? { kind: 'lose' } : undefined);
  const stream = image.stream() as ReadableStream<Uint8Array>;
  const edited = await darkroom.run('google/nano-banana-2/edit', { prompt: 'in rain', image_urls: [stream] });
  expect(proxy.calls.filter(isUpload)).toHaveLength(2);
  const { requests } = await darkroom.requests.list({ limit: 2 });
  expect(requests.map((request) => request.request_id)).toEqual([edited.request_id, request_id]);
  const sent = await (await fetch((requests[0]!.input.image_urls as string[])[0]!)).arrayBuffer();
  expect(Buffer.from(sent).equals(Buffer.from(await image.arrayBuffer()))).toBe(true);
});

test('a server that restarts in the middle of a run is waited for', { timeout: 60_000 }, async () => {
  const folder = await temporaryFolder();
  const env = { PORT: String(await freePort()) };
  let restarting = await spawnServer(folder, env);
  try {
    const patient = new Darkroom({ apiKey: restarting.key, baseUrl: restarting.url, maxRetries: 1 });
    let restarted: Promise<void> | undefined;
    const result = await patient.run(
      TEXT_TO_IMAGE,
      { prompt: 'a boat [[sandbox:slow=500]]', resolution: '0.5K' },
      {
        onUpdate(update) {
          if (update.type !== 'status' || update.status !== 'in_progress') return;
          restarted ??= (async () => {
            await restarting[Symbol.asyncDispose]();
            restarting = await spawnServer(folder, env);
          })();
        },
      },
    );
    expect(result.output.image).toBeDefined();
    await restarted;
    expect(restarted).toBeDefined();
    expect((await patient.usage()).total).toMatchObject({ requests: 1, outputs: 1 });
  } finally {
    await restarting[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
});
