/** Several keys share the load; one that is over its limit, spent or dead rests. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGeminiBackend } from '../src/backends/gemini/gemini.ts';
import { context, round } from '../src/backends/sandbox/test-round.ts';
import {
  badKey,
  dayIsSpent,
  failing,
  type GeminiFake,
  images,
  late,
  noCredit,
  overloaded,
  rateLimited,
  startGeminiFake,
} from './fakes/gemini.ts';

const MODEL = 'gemini-3-pro-image';
const OTHER = 'gemini-3.1-flash-image';
const KEYS = ['AIzaOne', 'AIzaTwo', 'AIzaThree'];
let fake: GeminiFake;
let nowMs: number;

beforeEach(async () => {
  fake = await startGeminiFake();
  nowMs = Date.now();
});
afterEach(async () => fake.close());

const backend = (apiKeys = KEYS) => createGeminiBackend({ apiKeys, baseUrl: fake.url, now: () => nowMs });
const ask = (gemini: ReturnType<typeof backend>, upstreamModel = MODEL) =>
  gemini.generate(
    round({ upstreamModel, resolution: '1K' }),
    context({ deadline: new Date(nowMs + 60_000) }),
  );
const used = () => fake.calls.splice(0).map(({ credential }) => credential);

test('keys take turns, also among calls at the same time', async () => {
  const gemini = backend();
  fake.always(late(30));
  await Promise.all(Array.from({ length: 6 }, () => ask(gemini)));
  expect(used().sort()).toEqual([...KEYS, ...KEYS].sort());
});

test('a key over its limit rests for as long as it was told, and another is tried within the same call', async () => {
  const gemini = backend();
  fake.credential('AIzaOne', rateLimited('34.4s'));
  expect((await ask(gemini)).outputs).toHaveLength(1);
  expect(used()).toEqual(['AIzaOne', 'AIzaTwo']);
  fake.credential('AIzaOne', images());
  nowMs += 34_399;
  for (let call = 0; call < 4; call++) await ask(gemini);
  expect(used()).toEqual(['AIzaThree', 'AIzaTwo', 'AIzaThree', 'AIzaTwo']);
  nowMs += 1;
  await ask(gemini);
  expect(used()).toEqual(['AIzaOne']);
});

test('limits are counted for each model: a key that rests for one works for another', async () => {
  const gemini = backend(['AIzaOne']);
  fake.script(rateLimited('30s'));
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'rate_limited' });
  expect((await ask(gemini, OTHER)).outputs).toHaveLength(1);
});

test('when all keys rest, nobody is asked, and the soonest says when', async () => {
  const gemini = backend();
  fake.credential('AIzaOne', rateLimited('50s'));
  fake.credential('AIzaTwo', rateLimited('20s'));
  fake.credential('AIzaThree', rateLimited('35s'));
  const resting = { kind: 'rate_limited', retryAfterMs: 20_000, exhausted: false };
  await expect(ask(gemini)).rejects.toMatchObject(resting);
  expect(used()).toEqual(KEYS);
  nowMs += 5_000;
  await expect(ask(gemini)).rejects.toMatchObject({ ...resting, retryAfterMs: 15_000 });
  expect(used()).toEqual([]);
});

test('a storm of 429 on many rounds asks each key once', async () => {
  const gemini = backend();
  fake.always(rateLimited('30s'));
  const rounds = await Promise.allSettled(Array.from({ length: 20 }, () => ask(gemini)));
  expect(rounds.every(({ status }) => status === 'rejected')).toBe(true);
  const first = fake.calls.length;
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'rate_limited' });
  expect(fake.calls.length).toBe(first);
  expect(fake.paidCalls).toBe(0);
});

test('a key whose day is spent leaves the work to the others; when all are, the next candidate is to be taken', async () => {
  const gemini = backend(['AIzaOne', 'AIzaTwo']);
  fake.credential('AIzaOne', dayIsSpent());
  await ask(gemini);
  expect(used()).toEqual(['AIzaOne', 'AIzaTwo']);
  nowMs += 60_000;
  await ask(gemini);
  expect(used()).toEqual(['AIzaTwo']);
  fake.credential('AIzaTwo', dayIsSpent());
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'rate_limited', exhausted: true });
});

test('one key over its limit and one spent is worth waiting for', async () => {
  const gemini = backend(['AIzaOne', 'AIzaTwo']);
  fake.credential('AIzaOne', dayIsSpent());
  fake.credential('AIzaTwo', rateLimited('8s'));
  await expect(ask(gemini)).rejects.toMatchObject({ exhausted: false, retryAfterMs: 8_000 });
});

test('a key without credit rests for every model', async () => {
  const gemini = backend(['AIzaOne']);
  fake.script(noCredit());
  await expect(ask(gemini)).rejects.toMatchObject({ exhausted: true });
  await expect(ask(gemini, OTHER)).rejects.toMatchObject({ exhausted: true });
  expect(used()).toHaveLength(1);
});

test('a dead key rests long and the others go on; the look at Gemini names it', async () => {
  const gemini = backend(['AIzaOne', 'AIzaTwo']);
  fake.credential('AIzaOne', badKey());
  for (let call = 0; call < 3; call++) await ask(gemini);
  expect(used()).toEqual(['AIzaOne', 'AIzaTwo', 'AIzaTwo', 'AIzaTwo']);
  const health = await gemini.health!(AbortSignal.timeout(5000));
  expect(health.reachable).toBe(true);
  expect(health.message).toMatch(
    /^key 1 does not work: HTTP 400, API key not valid.*; key 2 lists 5 models$/,
  );
  expect(health.message).not.toContain('AIza');
  nowMs += 10 * 60_000;
  await ask(gemini);
  expect(used()).toEqual(['AIzaOne', 'AIzaTwo']);
});

test('only dead keys are a fault of the credentials, and are not asked again and again', async () => {
  const gemini = backend(['AIzaOne', 'AIzaTwo']);
  fake.always(badKey());
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'auth' });
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'auth' });
  expect(used()).toHaveLength(2);
});

test('a dead key that a look finds alive works again at once', async () => {
  const gemini = backend(['AIzaOne']);
  fake.script(badKey());
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'auth' });
  await gemini.health!(AbortSignal.timeout(5000));
  expect((await ask(gemini)).outputs).toHaveLength(1);
});

test('an outage is no fault of the key: no other is tried, and it does not rest', async () => {
  const gemini = backend(['AIzaOne']);
  fake.script(overloaded());
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'unavailable' });
  expect((await ask(gemini)).outputs).toHaveLength(1);
});

test('a look at Gemini lists what can be reached, and spends nothing', async () => {
  const health = await backend(['AIzaOne']).health!(AbortSignal.timeout(5000));
  expect(health).toEqual({
    reachable: true,
    message: 'key 1 lists 5 models',
    upstreamModels: [
      'gemini-2.5-flash-image',
      'gemini-3-pro-image',
      'gemini-3.1-flash-image',
      'gemini-3.1-flash-lite-image',
      'gemini-nano-banana-2.1',
    ],
  });
  expect(fake.looks).toBeGreaterThan(1);
  expect(fake.calls).toEqual([]);
});

test('a look names what rests, and until when', async () => {
  const gemini = backend(['AIzaOne']);
  fake.script(rateLimited('30s'));
  await expect(ask(gemini)).rejects.toThrow();
  const { message } = await gemini.health!(AbortSignal.timeout(5000));
  expect(message).toContain(
    `but rests for ${MODEL} until ${new Date(nowMs + 30_000).toISOString()} (limited: `,
  );
});

test('a look at what cannot be reached says so and does not throw; it obeys its signal', async () => {
  fake.credential('AIzaOne', failing(403, 'PERMISSION_DENIED', 'Generative Language API has not been used.'));
  expect(await backend(['AIzaOne']).health!(AbortSignal.timeout(5000))).toEqual({
    reachable: false,
    message: expect.stringMatching(/^key 1 does not work: HTTP 403.*; check the credentials/),
  });
  const gone = createGeminiBackend({ apiKeys: ['AIzaOne'], baseUrl: 'http://127.0.0.1:1' });
  expect(await gone.health!(AbortSignal.timeout(5000))).toMatchObject({ reachable: false });
  await expect(gone.health!(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});

test.each([['AIza One'], [''], ['AIza\nOne']])('%j is no key, and is not shown', (key) => {
  expect(() => backend(['AIzaGood', key])).toThrow('key 2 of Gemini is not a key');
});

test('without a key and without Vertex AI there is no backend', () => {
  expect(() => backend([])).toThrow(/needs an API key/);
});
