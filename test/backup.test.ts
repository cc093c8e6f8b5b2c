/** docs/backup.md, followed to the letter: back up, destroy, restore, and everything is there again. */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, resultOf, submit } from './support/api.ts';
import { darkroom, ROOT, run } from './support/command.ts';
import { missingProgram } from './support/debian-package.ts';
import { startDebianPostgres } from './support/debian-postgres.ts';
import { drawPicture } from './support/pictures.ts';
import { dataFolder } from './support/program.ts';
import { submitEndless } from './support/requests.ts';
import { makeBucket, startS3 } from './support/s3.ts';
import { type ServerProcess, spawnServer, type TestServer } from './support/server.ts';

const page = await readFile(join(ROOT, 'docs/backup.md'), 'utf8');

/** Runs the commands that stand below a heading, as they stand there. @returns what they printed. */
async function follow(heading: string, folder: string, env: Record<string, string>): Promise<string> {
  const [, section] = page.split(`\n### ${heading}\n`);
  const [, commands] = /^```sh\n(.*?)^```/ms.exec(section!)!;
  const file = join(folder, 'commands.sh');
  const start = `set -Eeuo pipefail\ndarkroom() { "${process.execPath}" "${ROOT}bin/darkroom.js" "$@"; }\n`;
  await writeFile(file, start + commands);
  const { code, stdout, stderr } = await run('bash', ['-x', file], { cwd: folder, env });
  expect(code, `${heading}:\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

type Caller = Pick<TestServer, 'url' | 'key'>;

const hashAt = async (url: string): Promise<string> =>
  createHash('sha256')
    .update(new Uint8Array(await (await fetch(url)).arrayBuffer()))
    .digest('hex');

/** What somebody has made: a picture, an upload, a request that runs and one that waits behind it. */
async function work(caller: Caller) {
  const done = await submit(caller, { prompt: 'a lighthouse', resolution: '0.5K' });
  const picture = new URL((await resultOf(caller, done)).output.image).pathname;
  const body = new Uint8Array(await drawPicture('png'));
  const upload = await call(caller, '/v1/files', { body, headers: { 'content-type': 'image/png' } });
  const running = await submitEndless(caller);
  const waiting = await submit(caller, { prompt: 'waits' });
  const paths = [picture, new URL(upload.body.url).pathname];
  return {
    requests: { done, running, waiting },
    paths,
    hashes: await Promise.all(paths.map((path) => hashAt(caller.url + path))),
  };
}

async function expectRestored(
  caller: Caller,
  { requests, paths, hashes }: Awaited<ReturnType<typeof work>>,
): Promise<void> {
  expect(await Promise.all(paths.map((path) => hashAt(caller.url + path)))).toEqual(hashes);
  expect((await resultOf(caller, requests.done)).status).toBe('completed');
  for (const id of [requests.running, requests.waiting]) {
    const { status, error } = await resultOf(caller, id);
    expect([status, error.code, error.retryable]).toEqual(['failed', 'worker_lost', true]);
    expect(error.message).toContain('restored from a backup');
  }
  const { body } = await call(caller, '/v1/requests');
  expect(body.requests.map(({ request_id }: { request_id: string }) => request_id).toSorted()).toEqual(
    Object.values(requests).toSorted(),
  );
  // Nothing is reserved for what has been ended, and all goes on.
  const usage = (await call(caller, '/v1/account')).body;
  expect([usage.running, usage.queued]).toEqual([0, 0]);
  expect((await resultOf(caller, await submit(caller, { prompt: 'on', resolution: '0.5K' }))).status).toBe(
    'completed',
  );
}

const kill = async (server: ServerProcess): Promise<void> => {
  server.child.kill('SIGKILL');
  await server.exited;
};

const missing = await missingProgram('pg_dump', 'postgresql');
if (missing) console.warn(`SKIPPED: backup of a PostgreSQL from elsewhere: ${missing}`);

test.skipIf(missing)(
  'with PostgreSQL and a bucket of one’s own, all of it comes back, and nothing is run and paid for twice',
  { timeout: 180_000 },
  async () => {
    const folder = await dataFolder();
    const { url, adminUrl } = await startDebianPostgres(folder);
    await using s3 = await startS3();
    const env = (bucket: { env: Record<string, string> }): Record<string, string> => ({
      DATABASE_URL: url,
      DARKROOM_SECRET_KEY: 'ab'.repeat(32),
      DARKROOM_MAX_RUNNING: '1',
      ...bucket.env,
    });
    const before = env(await makeBucket(s3));
    const dataDir = join(folder, 'data');
    await darkroom(['migrate'], { env: before });
    const api = await spawnServer(dataDir, before, ['api']);
    const worker = await spawnServer(dataDir, before, ['worker']);
    const made = await work(api);
    // In earnest, the worker of the backup died long ago.
    await kill(worker);
    expect((await darkroom(['requests', 'abandon'], { env: before })).stderr).toContain('1 live workers run');
    await run('psql', [url, "--command=update workers set heartbeat_at = now() - interval '1 hour'"]);

    await follow('Back up what is outside', folder, before);
    const later = await submit(api, { prompt: 'after the backup' });
    await kill(api);
    for (const statement of ['drop database darkroom', 'create database darkroom'])
      expect(await run('psql', [adminUrl, `--command=${statement}`])).toMatchObject({ code: 0 });

    const after = env(await makeBucket(s3));
    const said = await follow('Restore what is outside', folder, after);
    expect(said).toMatch(/Copied 2 files/);
    expect(said).toMatch(/Ended 2 requests/);
    expect(said).toMatch(/2 of 2 files.* as they should be/);

    await using restored = await spawnServer(dataDir, after);
    await expectRestored(restored, made);
    expect((await call(restored, `/v1/requests/${later}/status`)).status).toBe(404);
  },
);

test('with nothing set, the data folder is backed up while it is in use, and comes back as it was', {
  timeout: 180_000,
}, async () => {
  const folder = await dataFolder();
  const dataDir = join(folder, 'data');
  const env = { DARKROOM_DATA_DIR: dataDir };
  const server = await spawnServer(dataDir, { DARKROOM_MAX_RUNNING: '1' });
  const made = await work(server);
  // Others go on all the while.
  const others = await makeAccount(server);
  let backsUp = true;
  const meanwhile = (async () => {
    while (backsUp) await submit(others, { prompt: 'meanwhile [[sandbox:blocked]]' });
  })();

  await follow('Back up the data folder', folder, env);
  backsUp = false;
  await meanwhile;
  const later = await submit(server, { prompt: 'after the backup' });
  await server[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true });
  expect(await follow('Restore the data folder', folder, env)).toMatch(
    /Ended \d+ requests[\s\S]*2 of 2 files/,
  );

  await using restored = await spawnServer(dataDir);
  await expectRestored(restored, made);
  expect((await call(restored, `/v1/requests/${later}/status`)).status).toBe(404);
});

test('requests are not abandoned under a worker that lives, and lost files are named', {
  timeout: 180_000,
}, async () => {
  const folder = await dataFolder();
  const dataDir = join(folder, 'data');
  await using server = await spawnServer(dataDir);
  const running = await submitEndless(server);
  const done = await resultOf(server, await submit(server, { prompt: 'x', resolution: '0.5K' }));
  const env = { DARKROOM_DATA_DIR: dataDir };
  const refused = await darkroom(['requests', 'abandon'], { env });
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('A Darkroom runs on this data folder'),
  ]);
  expect((await call(server, `/v1/requests/${running}/status`)).body.status).toBe('in_progress');

  const [, , id] = new URL(done.output.image).pathname.split('/');
  const [stored] = (await run('find', [join(dataDir, 'files'), '-name', id!])).stdout.trim().split('\n');
  const bytes = await readFile(stored!);
  bytes[100]! ^= 1;
  await writeFile(stored!, bytes);
  expect((await darkroom(['files', 'check'], { env })).code).toBe(0);
  const damaged = await darkroom(['files', 'check', '--read'], { env });
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining(`${id} is damaged in`)]);
  await rm(stored!);
  const lost = await darkroom(['files', 'check'], { env });
  expect([lost.code, lost.stderr]).toEqual([1, expect.stringContaining(`${id} is not in`)]);
  expect(lost.stdout).toContain('0 of 1 files');
});
