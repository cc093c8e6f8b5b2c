/** No space left for files: callers are told to come back, what runs waits for room, and nothing is lost. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, EDIT, resultOf, submit } from './support/api.ts';
import { expectCleanError, expectFailedRequest, expectHealthy, expectWell } from './support/clean-error.ts';
import { drawPicture } from './support/pictures.ts';
import { untilStarted } from './support/requests.ts';
import { startTestServer, temporaryFolder } from './support/server.ts';

const SIZE_BYTES = 16 * 2 ** 20;

const folder = await temporaryFolder();
const files = join(folder, 'files');
mkdirSync(files, { mode: 0o700 });
const mounted = mountSmallDisk();
if (!mounted) {
  rmSync(folder, { recursive: true });
  console.warn('SKIPPED: what happens when the disk is full needs root and mount(8) to be tried.');
}

describe.skipIf(!mounted)('with a full disk', () => {
  const filler = join(files, 'filler');
  let server: Awaited<ReturnType<typeof startTestServer>>;

  beforeAll(async () => {
    server = await startTestServer({ DARKROOM_REQUEST_TIMEOUT: '6s' }, folder);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    run('umount', files);
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await expectHealthy(server);
    await makeRoom();
    await expectWell(server);
  });

  async function fill(): Promise<void> {
    const { bavail, bsize } = await statfs(files);
    await writeFile(filler, Buffer.alloc(bavail * bsize));
  }
  const makeRoom = (): Promise<void> => rm(filler, { force: true });

  const NO_SPACE = { code: 503001, says: /no space left to store files/ } as const;

  test('uploads are refused, and taken when there is room again', async () => {
    const picture = await drawPicture();
    const upload = () =>
      call(server, '/v1/files', {
        method: 'POST',
        body: picture as never,
        headers: { 'content-type': 'image/png' },
      });
    await fill();
    expectCleanError(await upload(), NO_SPACE);
    expect((await call(server, '/v1/files')).body.files).toEqual([]);
    await makeRoom();
    expect((await upload()).status).toBe(201);
  });

  test('images sent as data are refused, and the idempotency key is not used up', async () => {
    const url = `data:image/png;base64,${(await drawPicture()).toString('base64')}`;
    const send = () =>
      call(server, `/v1/models/${EDIT}`, {
        json: { prompt: 'a', image_urls: [url], resolution: '0.5K' },
        headers: { 'idempotency-key': 'once' },
      });
    await fill();
    expectCleanError(await send(), NO_SPACE);
    await makeRoom();
    const taken = await send();
    expect(taken.headers.get('idempotency-replayed')).toBeNull();
    expect((await resultOf(server, taken.body.request_id)).status).toBe('completed');
  });

  test('/ready says so, without a path', async () => {
    await fill();
    const { status, body } = await call(server, '/ready', { key: null });
    expect(status).toBe(503);
    expect(body).toMatchObject({ ready: false, checks: { database: { ok: true }, files: { ok: false } } });
    expect(JSON.stringify(body)).not.toContain(folder);
  });

  test('a request that runs waits for room, and its image is there then', async () => {
    await fill();
    const id = await submit(server, { prompt: 'a lake', resolution: '0.5K' });
    await untilStarted(server, id);
    const waiting = await call(server, `/v1/requests/${id}/status?wait=1`);
    expect(waiting.body.status).toBe('in_progress');
    await makeRoom();
    const result = await resultOf(server, id);
    expect(result).toMatchObject({ status: 'completed', cost: expect.any(Number) });
    expect((await (await fetch(result.output.image)).arrayBuffer()).byteLength).toBe(result.files[0].bytes);
  });

  test('a request for which there is no room in its time fails, unpaid', async () => {
    await fill();
    const id = await submit(server, { prompt: 'a hill', resolution: '0.5K' });
    await expectFailedRequest(server, id, { code: 'timeout', says: /did not finish in the time/ });
  });
});

/** A file system of its own over the folder of files. */
function mountSmallDisk(): boolean {
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${SIZE_BYTES},mode=0700`, 'tmpfs', files);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: 'ignore' });
}
