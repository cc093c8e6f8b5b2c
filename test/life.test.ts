/** How requests end: well, in part, badly; and what is told about it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { otherSeed } from '../src/requests/seeds.ts';
import { call, resultOf, submit } from './support/api.ts';
import { eventually, type Peek, peekInto } from './support/database.ts';
import { lookAt, pictureAt } from './support/pictures.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const SMALL = { resolution: '0.5K', output_format: 'jpeg' };
/** Of one picture at 0.5K, in USD. */
const PRICE_USD = 0.045;

let server: TestServer;
let db: Peek;
beforeAll(async () => {
  server = await startTestServer();
  db = await peekInto(server.dataDir);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const roundsOf = (id: string) =>
  db.rows<{ index: number; state: string; attempts: number; seed: number }>(
    'select index, state, attempts, seed from rounds where request_id = $1 order by index',
    [id],
  );
const statusOf = async (id: string) => (await call(server, `/v1/requests/${id}/status`)).body;

describe('a request that fails', () => {
  test('is completed in status and failed in result, both with the error, and costs nothing', async () => {
    const id = await submit(server, { prompt: 'refused [[sandbox:blocked]]', num_images: 2, ...SMALL });
    const result = await resultOf(server, id);
    const status = await statusOf(id);
    const error = { code: 'content_blocked', message: expect.any(String), retryable: false };
    expect(status).toMatchObject({ status: 'completed', error });
    expect(result).toMatchObject({ status: 'failed', error, cost: 0 });
    expect(result).not.toHaveProperty('output');
    expect(result.completed_at).toBe(result.finished_at);
    expect(await db.row('select outcome, outputs, cost from usage where request_id = $1', [id])).toEqual({
      outcome: 'failed',
      outputs: 0,
      cost: 0,
    });
    expect(await db.row('select sum(reserved)::int as reserved from spending')).toEqual({ reserved: 0 });
    // A refusal is an answer: nobody asks again.
    expect((await roundsOf(id)).map(({ attempts }) => attempts)).toEqual([1, 1]);
  });

  test.each([
    ['error', 'backend_rejected'],
    ['auth', 'backend_auth'],
    ['model_unavailable', 'backend_unavailable'],
    ['timeout', 'timeout'],
  ])('after %s says %s at once', async (marker, code) => {
    const id = await submit(server, { prompt: `fails [[sandbox:${marker}]]`, ...SMALL });
    const { status, error } = await resultOf(server, id);
    expect({ status, code: error.code }).toEqual({ status: 'failed', code });
    expect((await roundsOf(id)).map(({ attempts }) => attempts)).toEqual([1]);
  });

  test('at its deadline says timeout, and holds its place no longer', async () => {
    await using hasty = await startTestServer({ DARKROOM_REQUEST_TIMEOUT: '2s', DARKROOM_CONCURRENCY: '1' });
    const startedAt = performance.now();
    const [first, next] = [
      await submit(hasty, { prompt: 'never ends [[sandbox:hang]]', ...SMALL }),
      await submit(hasty, { prompt: 'comes after it', ...SMALL }),
    ];
    const result = await resultOf(hasty, first);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'timeout', retryable: true }, cost: 0 });
    expect(result.timings.run_seconds).toBeGreaterThanOrEqual(2);
    expect(performance.now() - startedAt).toBeLessThan(4000);
    expect((await resultOf(hasty, next)).status).toBe('completed');
  });
});

describe('a failure that may pass', () => {
  test('is tried again until it has passed', async () => {
    const id = await submit(server, { prompt: 'busy at first [[sandbox:rate_limited=2]]', ...SMALL });
    expect((await resultOf(server, id)).status).toBe('completed');
    expect(await roundsOf(id)).toEqual([expect.objectContaining({ state: 'done', attempts: 3 })]);
    // The run that did it was one run.
    expect(await db.row('select attempts from requests where id = $1', [id])).toEqual({ attempts: 1 });
  });

  test('ends the request as backend_unavailable when it does not, after a few tries further and further apart', async () => {
    const id = await submit(server, { prompt: 'gone [[sandbox:unavailable]]', ...SMALL });
    const result = await resultOf(server, id);
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'backend_unavailable', retryable: true },
    });
    expect((await roundsOf(id)).map(({ attempts }) => attempts)).toEqual([4]);
    expect(result.timings.run_seconds).toBeGreaterThan(1.5);
    expect(result.timings.run_seconds).toBeLessThan(10);
  });
});

describe('a model that gives nothing', () => {
  test('is asked once more, with another seed', async () => {
    const id = await submit(server, { prompt: 'nothing [[sandbox:no_output]]', seed: 7, ...SMALL });
    expect(await resultOf(server, id)).toMatchObject({ status: 'failed', error: { code: 'no_output' } });
    expect(await roundsOf(id)).toEqual([
      expect.objectContaining({ state: 'failed', attempts: 2, seed: otherSeed(7) }),
    ]);
  });

  test('and gives something the second time completes, under the seed that gave it', async () => {
    const id = await submit(server, {
      prompt: 'nothing at first [[sandbox:no_output=1]]',
      seed: 7,
      ...SMALL,
    });
    const { status, files } = await resultOf(server, id);
    expect(status).toBe('completed');
    expect(files.map(({ seed }: { seed: number }) => seed)).toEqual([otherSeed(7)]);
  });
});

describe('several images', () => {
  test('of which some are refused complete with what came, and say what did not', async () => {
    const id = await submit(server, { prompt: 'in part [[sandbox:partial=1]]', num_images: 3, ...SMALL });
    const result = await resultOf(server, id);
    expect(result.status).toBe('completed');
    expect(Object.keys(result.output)).toEqual(['image']);
    expect(result.files).toHaveLength(1);
    expect(result.cost).toBe(PRICE_USD);
    expect(result).not.toHaveProperty('error');
    const { warnings, progress } = await statusOf(id);
    expect(progress).toEqual({ done: 1, total: 3 });
    for (const told of [result.warnings, warnings]) {
      expect(told.map(({ error }: { error: { code: string } }) => error.code)).toEqual([
        'content_blocked',
        'content_blocked',
      ]);
    }
  });

  test('of which all are refused fail', async () => {
    const id = await submit(server, { prompt: 'none [[sandbox:partial=0]]', num_images: 3, ...SMALL });
    expect(await resultOf(server, id)).toMatchObject({
      status: 'failed',
      error: { code: 'content_blocked' },
      cost: 0,
    });
  });

  test('are recorded one by one', async () => {
    await db.rows('create table done_seen (n serial, request_id uuid, done smallint)');
    await db.rows(`create function note_done() returns trigger language plpgsql as $$
      begin insert into done_seen (request_id, done) values (new.id, new.done); return null; end $$`);
    await db.rows(
      'create trigger note_done after update on requests for each row when (old.done <> new.done) execute function note_done()',
    );
    const id = await submit(server, {
      prompt: 'four large ones',
      num_images: 4,
      resolution: '4K',
      output_format: 'jpeg',
    });
    const seen = await eventually(async () => {
      const { status, progress } = await statusOf(id);
      return status === 'in_progress' && progress.done > 0 && progress;
    }, 5);
    expect(seen).toMatchObject({ total: 4 });
    expect([1, 2, 3]).toContain(seen.done);
    expect((await resultOf(server, id)).output.images).toHaveLength(4);
    expect(await statusOf(id)).toMatchObject({ progress: { done: 4, total: 4 } });
    const steps = await db.rows('select done from done_seen where request_id = $1 order by n', [id]);
    expect(steps.map(({ done }) => done)).toEqual([1, 2, 3, 4]);
  });

  test('that one round gives are all kept only where the caller does not limit them', async () => {
    const prompt = 'three at once [[sandbox:images=3]]';
    const limited = await resultOf(server, await submit(server, { prompt, ...SMALL }));
    expect(limited.files).toHaveLength(1);
    expect(limited.cost).toBe(PRICE_USD);

    const id = await submit(server, { prompt, num_images: 2, limit_generations: false, ...SMALL });
    const all = await resultOf(server, id);
    expect(all.output.images).toHaveLength(6);
    expect(new Set(all.output.images).size).toBe(6);
    expect(new Set(all.files.map(({ sha256 }: { sha256: string }) => sha256)).size).toBe(6);
    expect(all.cost).toBeCloseTo(6 * PRICE_USD, 9);
    expect(await db.row('select outputs from usage where request_id = $1', [id])).toEqual({ outputs: 6 });
  });
});

describe('a seed', () => {
  const run = async (input: Record<string, unknown>) =>
    (await resultOf(server, await submit(server, { prompt: 'seeds', ...SMALL, ...input }))).files as {
      seed: number;
      sha256: string;
    }[];

  test('given as 0 is used, and each further image has the next', async () => {
    const files = await run({ seed: 0, num_images: 3 });
    expect(files.map(({ seed }) => seed)).toEqual([0, 1, 2]);
    const [again] = await run({ seed: 2 });
    expect(again!.sha256).toBe(files[2]!.sha256);
  });

  test('that is absent is drawn, shown, and makes the same image when it is given', async () => {
    const [first] = await run({});
    const [second] = await run({});
    expect(first!.seed).not.toBe(second!.seed);
    const [again] = await run({ seed: first!.seed });
    expect(again!.sha256).toBe(first!.sha256);
  });
});

describe('a synchronous request', () => {
  const MODEL = 'google/nano-banana/pro/text-to-image';
  const storedFiles = async (): Promise<string[]> =>
    (await readdir(join(server.dataDir, 'files', 'objects'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);

  test('gives its image as a data URI once, and leaves nothing behind', async () => {
    const id = await submit(server, { prompt: 'only for me', sync_mode: true, num_images: 2 }, MODEL);
    const ended = await eventually(async () => {
      const status = await statusOf(id);
      return status.status === 'completed' && status;
    });
    expect(ended.progress).toEqual({ done: 2, total: 2 });
    const kept = await db.rows('select id, kind from files where request_id = $1', [id]);
    expect(kept.map(({ kind }) => kind)).toEqual(['sync', 'sync']);
    for (const file of kept) {
      expect(await storedFiles()).toContain(file.id);
      expect((await fetch(`${server.url}/files/${file.id}`)).status).toBe(404);
    }

    const { body: result } = await call(server, `/v1/requests/${id}/result?include_cost=true`);
    expect(result).toMatchObject({ status: 'completed', output: { images: expect.any(Array) } });
    expect(result.cost).toBeGreaterThan(0);
    for (const [index, uri] of result.output.images.entries()) {
      const [, type, data] = /^data:(image\/png);base64,(.+)$/.exec(uri)!;
      expect(type).toBe('image/png');
      const bytes = Buffer.from(data!, 'base64');
      expect(result.files[index]).toMatchObject({ bytes: bytes.length, content_type: type });
      expect(result.files[index]).not.toHaveProperty('url');
      const { width, height } = await lookAt(bytes);
      expect(result.files[index]).toMatchObject({ width, height });
    }

    await eventually(
      async () => (await db.rows('select id from files where request_id = $1', [id])).length === 0,
    );
    for (const file of kept) expect(await storedFiles()).not.toContain(file.id);
    const again = (await call(server, `/v1/requests/${id}/result`)).body;
    expect(again).toMatchObject({ status: 'completed', output: {}, files: [] });
    expect(again.warnings[0].message).toMatch(/gone/);
    expect(JSON.stringify(await db.rows('select input from requests where id = $1', [id]))).not.toContain(
      'only for me',
    );
  });

  test('is not in the history, but in the usage', async () => {
    const id = await submit(server, { prompt: 'not remembered', sync_mode: true }, MODEL);
    await resultOf(server, id);
    const { body } = await call(server, '/v1/requests?limit=100');
    const listed = body.requests;
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.map(({ request_id }: { request_id: string }) => request_id)).not.toContain(id);
    expect(await db.row('select outcome, outputs from usage where request_id = $1', [id])).toEqual({
      outcome: 'completed',
      outputs: 1,
    });
  });
});

test('a picture is what was asked for', async () => {
  const id = await submit(server, {
    prompt: 'a harbour at dawn',
    aspect_ratio: '16:9',
    resolution: '1K',
    output_format: 'webp',
  });
  const { output, files } = await resultOf(server, id);
  expect(await pictureAt(output.image)).toMatchObject({ width: 1376, height: 768, format: 'webp' });
  expect(files[0]).toMatchObject({ width: 1376, height: 768, content_type: 'image/webp', url: output.image });
});
