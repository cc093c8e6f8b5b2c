/** What may happen on the way to Gemini: after each, the round ends once, with the right kind, and is not paid for twice. */
import { createServer } from 'node:net';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGeminiBackend, type GeminiOptions } from '../src/backends/gemini/gemini.ts';
import { context, gradientInput, round } from '../src/backends/sandbox/test-round.ts';
import {
  cutBody,
  type GeminiFake,
  huge,
  images,
  late,
  never,
  notJson,
  resetBefore,
  resetInBody,
  SIGNATURE_MARK,
  startGeminiFake,
} from './fakes/gemini.ts';

let fake: GeminiFake;

beforeEach(async () => {
  fake = await startGeminiFake();
});
afterEach(async () => fake.close());

const gemini = (options: Partial<GeminiOptions> = {}) =>
  createGeminiBackend({ apiKeys: ['AIzaOne', 'AIzaTwo'], baseUrl: fake.url, ...options });
const ours = round({ upstreamModel: 'gemini-3-pro-image', resolution: '1K' });

test('an answer that takes its time is waited for', async () => {
  fake.script(late(300));
  expect((await gemini().generate(ours, context())).outputs).toHaveLength(1);
});

test('a connection reset before a word came is an outage that may be tried again', async () => {
  fake.script(resetBefore());
  await expect(gemini().generate(ours, context())).rejects.toMatchObject({
    kind: 'unavailable',
    spent: false,
  });
  expect(fake.calls).toHaveLength(1);
});

test.each([
  ['reset in the middle', resetInBody()],
  ['cut off in the middle', cutBody()],
])('an answer %s is an outage after work that was paid for', async (_, answer) => {
  fake.script(answer);
  await expect(gemini().generate(ours, context())).rejects.toMatchObject({
    kind: 'unavailable',
    spent: true,
  });
  expect(fake.calls).toHaveLength(1);
  expect(fake.paidCalls).toBe(1);
});

test('a page of something in between is an outage', async () => {
  fake.script(notJson());
  await expect(gemini().generate(ours, context())).rejects.toMatchObject({
    kind: 'unavailable',
    spent: false,
  });
});

test('an answer of 200 MB is let go of at its bound, clearly and once', async () => {
  fake.script(huge(200 * 2 ** 20));
  await expect(gemini().generate(ours, context())).rejects.toMatchObject({
    kind: 'no_output',
    spent: true,
    message: "Gemini's answer was larger than the 64 MB that are taken.",
  });
  expect(fake.bytesTaken).toBeLessThan(100 * 2 ** 20);
  expect(fake.calls).toHaveLength(1);
});

test('an answer that announces more than is taken is not read at all', async () => {
  fake.script(images({ signatureBytes: 200_000 }));
  const small = gemini({ maxAnswerBytes: 100_000 });
  await expect(small.generate(ours, context())).rejects.toMatchObject({ kind: 'no_output', spent: true });
});

test('a server that accepts and never answers ends as a timeout', async () => {
  fake.script(never());
  await expect(gemini({ timeoutMs: 100 }).generate(ours, context())).rejects.toMatchObject({
    kind: 'timeout',
    message: 'Gemini did not answer within 1 s.',
  });
  expect(fake.calls).toHaveLength(1);
});

test('the deadline bounds a call where it is sooner', async () => {
  fake.script(never());
  const soon = context({ deadline: new Date(Date.now() + 100) });
  await expect(gemini().generate(ours, soon)).rejects.toMatchObject({ kind: 'timeout' });
});

test('a round that is stopped lets go at once, on its way and before it', async () => {
  const stop = new AbortController();
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  fake.script((call) => {
    resolve();
    return never()(call);
  });
  const running = gemini().generate(ours, context({ signal: stop.signal }));
  await asked;
  stop.abort();
  await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
  const late = gemini().generate(ours, context({ signal: stop.signal }));
  await expect(late).rejects.toMatchObject({ kind: 'cancelled' });
  expect(fake.calls).toHaveLength(1);
});

test('a port where nobody listens is an outage, without the address in its message', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const lost = gemini({ baseUrl: `http://127.0.0.1:${port}` }).generate(ours, context());
  await expect(lost).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'Gemini cannot be reached right now.',
  });
});

test('a redirect is not followed: the key stays with the host it was meant for', async () => {
  await using other = await startGeminiFake();
  fake.script((call) => ({ status: 307, headers: { location: `${other.url}${call.path}` }, body: {} }));
  await expect(gemini().generate(ours, context())).rejects.toMatchObject({ kind: 'unavailable' });
  expect(other.calls).toEqual([]);
});

test('neither keys nor signatures nor pictures get into the log or a result', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
  fake.credential('AIzaOne', ({ credential }) => ({
    status: 403,
    body: { error: { code: 403, message: `Consumer 'api_key:${credential}' has been suspended.` } },
  }));
  fake.script(images({ signatureBytes: 2 ** 20, drafts: 1 }));
  const input = await gradientInput(16, 16);
  const result = await gemini().generate({ ...ours, images: [input] }, context({ log }));
  const all = `${lines.join('')}${JSON.stringify({ ...result, outputs: [] })}`;
  expect(lines.length).toBeGreaterThanOrEqual(2);
  for (const secret of ['AIza', SIGNATURE_MARK, input.bytes.toString('base64').slice(0, 40), '/9j/'])
    expect(all).not.toContain(secret);
});
