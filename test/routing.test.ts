/** Which backend makes an image when the first one cannot. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Identity } from '../src/accounts/authenticate.ts';
import { BackendError, type Round } from '../src/backends/backend.ts';
import { createRegistry } from '../src/backends/registry.ts';
import { call, TEXT_TO_IMAGE } from './support/api.ts';
import { eventually } from './support/database.ts';
import { startTestServer } from './support/server.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';
import { onePicture, playedBackend } from './support/test-worker.ts';

setStage();
let identity: Identity;

beforeAll(async () => {
  identity = await addIdentity(database.db);
});

type Play = (round: Round) => ReturnType<typeof onePicture>;

/** Runs one request of a model with the candidates `first` and `second`, and says who was called how often. */
async function runWith(first: Play, second: Play, options: { images?: number; firstTakes?: number } = {}) {
  const calls = { first: 0, second: 0 };
  const count =
    (name: 'first' | 'second', play: Play): Play =>
    (round) => {
      calls[name]++;
      return play(round);
    };
  const backends = createRegistry(
    [
      playedBackend('first', count('first', first), options.firstTakes),
      playedBackend('second', count('second', second)),
    ],
    undefined,
    {
      models: [
        {
          pattern: '*',
          candidates: [
            { backend: 'first', upstreamModel: 'a' },
            { backend: 'second', upstreamModel: 'b' },
          ],
        },
      ],
      limits: new Map(),
    },
  );
  const worker = await stage.startWorker(() => onePicture(), { backends });
  try {
    const id = await stage.submit(identity, { pool: 'first' });
    const result = (await stage.untilEnded(identity, id))!;
    const [round] = await database.peek.rows<{ backend: string; attempts: number }>(
      'select backend, attempts from rounds where request_id = $1',
      [id],
    );
    return { calls, result, round: round! };
  } finally {
    await worker.stop(1000);
  }
}

const failing =
  (kind: ConstructorParameters<typeof BackendError>[0], options: { exhausted?: boolean } = {}): Play =>
  async () => {
    throw new BackendError(kind, `it is ${kind}`, { retryAfterMs: 1, ...options });
  };

describe('the next candidate', () => {
  test('makes the image when the upstream model is gone, after one call', async () => {
    const { calls, result, round } = await runWith(failing('model_unavailable'), () => onePicture());
    expect(calls).toEqual({ first: 1, second: 1 });
    expect(result.state).toBe('completed');
    expect(result.backend).toBe('second');
    expect(round.attempts).toBe(2);
    expect(result.adjustments!.join()).toMatch(/another one made the image/);
  });

  test('makes the image when the quota of the first is spent, after one call', async () => {
    const { calls, result } = await runWith(failing('rate_limited', { exhausted: true }), () => onePicture());
    expect(calls).toEqual({ first: 1, second: 1 });
    expect(result.state).toBe('completed');
  });

  test('makes the image when the first is out of order, after bounded retries', async () => {
    const { calls, result } = await runWith(failing('unavailable'), () => onePicture());
    expect(calls).toEqual({ first: 4, second: 1 });
    expect(result.state).toBe('completed');
  });

  test.each(['content_blocked', 'invalid_request', 'auth', 'no_output'] as const)(
    'is not asked when the first says %s',
    async (kind) => {
      const { calls, result } = await runWith(failing(kind), () => onePicture());
      expect(calls.second).toBe(0);
      expect(result.state).toBe('failed');
    },
  );

  test('is the last word when it fails as well', async () => {
    const { calls, result } = await runWith(failing('model_unavailable'), failing('content_blocked'));
    expect(calls).toEqual({ first: 1, second: 1 });
    expect(result.failure!.code).toBe('content_blocked');
  });

  test('is not asked, and nothing said, when the first gives the image', async () => {
    const { calls, result } = await runWith(
      () => onePicture(),
      () => onePicture(),
    );
    expect(calls).toEqual({ first: 1, second: 0 });
    expect(result.adjustments).toBeNull();
  });
});

describe('a registry', () => {
  const model = {
    id: 'google/a',
    kind: 'text-to-image',
    candidates: [{ backend: 'gemini', upstreamModel: 'x' }],
  };
  const played = (name: string) => playedBackend(name, () => onePicture());

  test('gives a model to the sandbox only when nobody else is configured for it and the sandbox is on', () => {
    const sandbox = played('sandbox');
    expect(
      createRegistry([], sandbox)
        .candidates(model)
        .map(({ backend }) => backend.name),
    ).toEqual(['sandbox']);
    expect(
      createRegistry([played('gemini')], sandbox)
        .candidates(model)
        .map(({ backend }) => backend.name),
    ).toEqual(['gemini']);
    expect(createRegistry([played('comfyui')], undefined).candidates(model)).toEqual([]);
  });

  test('follows the routing file before the model', () => {
    const routing = {
      models: [{ pattern: 'google/*', candidates: [{ backend: 'openai', upstreamModel: 'y' }] }],
      limits: new Map(),
    };
    const choices = createRegistry([played('gemini'), played('openai')], undefined, routing).candidates(
      model,
    );
    expect(choices.map(({ backend, upstreamModel }) => [backend.name, upstreamModel])).toEqual([
      ['openai', 'y'],
    ]);
  });
});

describe('a model that nobody can run', () => {
  test('is listed as not available and refused with what to configure', async () => {
    await using server = await startTestServer({ DARKROOM_SANDBOX: 'off' });
    const { body: entry } = await call(server, `/v1/models/${TEXT_TO_IMAGE}`);
    expect(entry.available).toBe(false);
    const { status, body, headers } = await call(server, `/v1/models/${TEXT_TO_IMAGE}`, {
      json: { prompt: 'x' },
    });
    expect([status, body.error_code]).toEqual([503, 503001]);
    expect(body.message).toContain('GEMINI_API_KEY');
    expect(headers.get('retry-after')).toBe('60');
  });
});

describe('a backend that was out of order', () => {
  test('is waited for by all rounds while one of them sees that it works again', async () => {
    const backends = createRegistry([playedBackend('only', (round) => play(round))], undefined, {
      models: [{ pattern: '*', candidates: [{ backend: 'only', upstreamModel: 'a' }] }],
      limits: new Map(),
    });
    const breaker = backends.breakerOf('only');
    let called = 0;
    const { promise: seen, resolve: see } = Promise.withResolvers<void>();
    const play: Play = async () => {
      if (++called === 1) await seen;
      return onePicture();
    };
    for (let failure = 0; failure < 5; failure++) {
      breaker.enter();
      breaker.leave(true);
    }
    const opened = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => opened + breakerMs);
    const breakerMs = 10_001;
    const refusals = vi.spyOn(breaker, 'enter');

    const worker = await stage.startWorker(() => onePicture(), { backends });
    const ids = [await stage.submit(identity, { pool: 'only', rounds: 4 })];
    ids.push(await stage.submit(identity, { pool: 'only' }));
    const refused = (): number => refusals.mock.results.filter(({ value }) => value === false).length;
    // More often than a round is tried.
    await eventually(() => refused() > 5 * 4);
    vi.restoreAllMocks();
    see();
    for (const id of ids)
      expect(await stage.untilEnded(identity, id)).toMatchObject({ state: 'completed', warnings: null });
    expect(called).toBe(5);
    await worker.stop(1000);
  });
});
