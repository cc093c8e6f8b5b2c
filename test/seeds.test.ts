/** Every `curl` of the five pages this API is modelled on, replayed by the real curl as it is printed there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { hasProgram, run } from './support/command.ts';
import { drawPicture, type PictureHost, pictureAt, startPictureHost } from './support/pictures.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const SEEDS = fileURLToPath(new URL('./fixtures/seeds/', import.meta.url));
const FOUR_WORDS = ['in_queue', 'in_progress', 'completed', 'cancelled'];
/** What a request without further wishes gives: the size of the model's default ratio at 1K. */
const SIZES: Record<string, [width: number, height: number]> = {
  '000': [1024, 1024],
  '001': [1024, 1024],
  // `auto` of an edit is the ratio of its first input, which is 4:3 here.
  '002': [1200, 896],
  '003': [1376, 768],
  '004': [1200, 896],
};

const skip = !hasProgram('curl') || !hasProgram('bash');
if (skip)
  console.warn('SKIPPED: the curl examples of the seeds: curl is not installed (apt-get install curl)');

interface Seed {
  name: string;
  submits: string[];
  status: string;
  result: string;
  cancel: string;
}

function readSeed(file: string): Seed {
  const calls = readFileSync(join(SEEDS, file), 'utf8')
    .trim()
    .split(/\n\n(?=curl )/);
  const ending = (path: string): string => calls.find((call) => call.includes(`{request_id}/${path} `))!;
  return {
    name: file.replace('.curl.txt', ''),
    submits: calls.filter((call) => call.includes('/v1/models/')),
    status: ending('status'),
    result: ending('result'),
    cancel: ending('cancel'),
  };
}

const seeds = readdirSync(SEEDS)
  .filter((file) => file.endsWith('.curl.txt'))
  .sort()
  .map(readSeed);

describe.skipIf(skip)('the curl examples of the seeds', () => {
  let server: TestServer;
  let pictures: PictureHost;

  beforeAll(async () => {
    pictures = await startPictureHost(await drawPicture('png', { width: 800, height: 600 }));
    server = await startTestServer({
      DARKROOM_ALLOW_INPUT_HOSTS: pictures.host,
      DARKROOM_SANDBOX_DELAY_MS: '100',
      DARKROOM_SHUTDOWN_GRACE: '0',
    });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await pictures[Symbol.asyncDispose]();
  });

  /** The text as it is printed, pasted into a shell, but for host, key and id. */
  async function paste(text: string, key: string, requestId = ''): Promise<Record<string, unknown>> {
    const command = text
      .replaceAll('https://model-api.runcomfy.net', server.url)
      .replaceAll('https://playgrounds-storage-public.runcomfy.net', pictures.url)
      .replaceAll('<token>', key)
      .replaceAll('{request_id}', requestId);
    const { code, stdout, stderr } = await run('bash', ['-c', command]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  test('there are five pages with five calls each', () => {
    expect(seeds.map(({ submits }) => submits.length)).toEqual([2, 2, 2, 2, 2]);
    expect(seeds.every(({ status, result, cancel }) => status && result && cancel)).toBe(true);
  });

  for (const { name, submits, status, result, cancel } of seeds) {
    test(`${name}: submit, status and result give a real picture`, async () => {
      const submitted = await paste(submits[0]!, server.key);
      expect(Object.keys(submitted)).toEqual(['request_id', 'status_url', 'result_url', 'cancel_url']);
      const id = String(submitted.request_id);
      for (const [field, path] of [
        ['status_url', 'status'],
        ['result_url', 'result'],
        ['cancel_url', 'cancel'],
      ] as const)
        expect(submitted[field]).toBe(`${server.url}/v1/requests/${id}/${path}`);

      const seen: unknown[] = [];
      for (;;) {
        const body = await paste(status, server.key, id);
        expect(FOUR_WORDS).toContain(body.status);
        expect(body.request_id).toBe(id);
        seen.push(body.status);
        if (body.status === 'completed' || body.status === 'cancelled') break;
      }
      expect(seen.at(-1)).toBe('completed');
      // It never goes back.
      expect(seen).toEqual(
        seen.toSorted((a, b) => FOUR_WORDS.indexOf(String(a)) - FOUR_WORDS.indexOf(String(b))),
      );

      const answer = (await paste(result, server.key, id)) as {
        status: string;
        output: Record<string, string>;
      };
      expect(answer.status).toBe('completed');
      expect(Object.keys(answer.output)).toEqual(['image']);
      const { width, height, format } = await pictureAt(answer.output.image!);
      expect([width, height]).toEqual(SIZES[name.slice(0, 3)]);
      expect(format).toBe('png');

      expect(await paste(cancel, server.key, id)).toEqual({
        request_id: id,
        status: 'completed',
        outcome: 'not_cancellable',
      });
    });
  }

  test('each page: a second submit that waits in the queue is cancelled, and stays so', async () => {
    // An account with room for one, which is taken.
    const busy = await makeAccount(server, { maxRunning: 1 });
    await submitEndless(busy);
    for (const { submits, status, result, cancel } of seeds) {
      const { request_id } = await paste(submits[1]!, busy.key);
      const id = String(request_id);
      expect(await paste(status, busy.key, id)).toMatchObject({ status: 'in_queue', queue_position: 0 });
      const cancelled = { request_id: id, status: 'cancelled', outcome: 'cancelled' };
      expect(await paste(cancel, busy.key, id)).toEqual(cancelled);
      expect(await paste(cancel, busy.key, id)).toEqual(cancelled);
      expect(await paste(status, busy.key, id)).toMatchObject({ status: 'cancelled' });
      expect(await paste(result, busy.key, id)).toMatchObject({ status: 'cancelled' });
    }
  });

  test('the pictures of the edits are fetched by the server from the URLs given', () => {
    expect(pictures.asked.filter((path) => path.includes('input-1-1.png'))).toHaveLength(1);
    expect(pictures.asked.filter((path) => path.includes('usecase2-2-input.png'))).toHaveLength(1);
  });
});
