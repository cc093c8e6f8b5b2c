/** The service that Darkroom is measured beside (bench/rival) does what it is measured for: else the comparison means nothing. */
import { rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startImageServer } from '../bench/image-server.ts';
import { KEY } from '../bench/processes.ts';
import { startRival } from '../bench/scale/rival.ts';
import { BENCH_MODEL } from '../bench/scale/service.ts';
import { missingProgram } from './support/debian-package.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const missing = await missingProgram('redis-server');
if (missing) console.warn(`not tested: ${missing}`);

test.skipIf(missing)(
  'it takes requests in, runs them, tells who waits where, and cancels one that waits',
  async () => {
    const folder = await temporaryFolder();
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await using images = await startImageServer();
    await using rival = await startRival(folder, images.baseUrl);
    await rival.scaleTo(1, 0);
    const ask = async (path: string, body?: object, key = KEY) => {
      const response = await fetch(`${rival.addresses[0]}${path}`, {
        headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const submit = (input: object) => ask(`/v1/models/${BENCH_MODEL}`, input);

    expect((await submit({ num_images: 1 })).status).toBe(400);
    expect((await ask(`/v1/models/${BENCH_MODEL}`, { prompt: 'a' }, 'another key')).status).toBe(401);
    const [first, second] = [await submit({ prompt: 'a', num_images: 2 }), await submit({ prompt: 'b' })];
    const path = (of: typeof first, what: string): string => `/v1/requests/${of.body.request_id}/${what}`;
    expect((await ask(path(second, 'status'))).body).toMatchObject({ status: 'in_queue', queue_position: 1 });
    expect((await ask(path(second, 'cancel'), {})).body.outcome).toBe('cancelled');
    expect((await ask(path(second, 'status'))).body.status).toBe('cancelled');

    await rival.scaleTo(1, 1);
    await expect
      .poll(async () => (await ask(path(first, 'result'))).body, { timeout: 20_000 })
      .toMatchObject({ status: 'completed', output: { images: [expect.any(String), expect.any(String)] } });
    expect((await ask(path(first, 'cancel'), {})).body.outcome).toBe('not_cancellable');
    expect((await ask('/v1/requests/unknown/status')).status).toBe(404);
  },
);
