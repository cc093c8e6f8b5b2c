/** The guide to writing a backend is true: its code compiles with the project's own settings, and runs. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../src/backends/backend.ts';
import { testContext, testInput, testRound } from './support/rounds.ts';
import { temporaryFolder } from './support/server.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** A project that is this one, and the guide's files in their places. */
let project: string;
let files: string[];
beforeAll(async () => {
  project = await temporaryFolder();
  for (const name of ['node_modules', 'package.json', 'tsconfig.json'])
    await symlink(join(ROOT, name), join(project, name));
  const guide = await readFile(join(ROOT, 'docs/backends/writing-one.md'), 'utf8');
  files = [];
  for (const [, path, code] of guide.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)) {
    await mkdir(join(project, dirname(path!)), { recursive: true });
    await writeFile(join(project, path!), code!);
    files.push(path!);
  }
  for (const name of ['backend.ts', 'sizes.ts'])
    await symlink(join(ROOT, 'src/backends', name), join(project, 'src/backends', name));
  await symlink(join(ROOT, 'src/lib'), join(project, 'src/lib'));
});
afterAll(() => rm(project, { recursive: true }));

const load = async (path: string) => await import(pathToFileURL(join(project, path)).href);

test('its examples compile', async () => {
  expect(files).toEqual(['src/backends/easel/easel.ts', 'src/backends/easel/queued.ts']);
  const config = { extends: './tsconfig.json', include: files };
  await writeFile(join(project, 'tsconfig.guide.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const problems = await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.guide.json'], {
    cwd: project,
  }).then(
    () => '',
    // What it says of mistakes is on its output.
    ({ stdout, message }) => stdout || message,
  );
  expect(problems).toBe('');
});

test('its backend makes a picture of a round, and names its failures', async () => {
  const { createEaselBackend } = await load('src/backends/easel/easel.ts');
  const asked: unknown[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    asked.push(body);
    if (body.prompt === 'forbidden') return void response.writeHead(422).end('{"reason":"no"}');
    if (body.prompt === 'busy') return void response.writeHead(503).end();
    const { width, height } = body;
    const picture = sharp({ create: { width, height, channels: 3, background: 'teal' } }).png();
    response.writeHead(200).end(await picture.toBuffer());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const backend: Backend = createEaselBackend({ url });
  const generate = (changes: Parameters<typeof testRound>[0]) =>
    backend.generate(testRound(changes), testContext());

  const { outputs } = await generate({ aspectRatio: '16:9', seed: 7 });
  const { width, height } = await sharp(outputs[0]!.bytes).metadata();
  expect([width, height]).toEqual([1376, 768]);
  expect(asked).toEqual([{ prompt: 'a boat on the sea', seed: 7, width: 1376, height: 768 }]);

  await expect(generate({ prompt: 'forbidden' })).rejects.toMatchObject({ kind: 'content_blocked' });
  await expect(generate({ prompt: 'busy' })).rejects.toMatchObject({ kind: 'unavailable', spent: false });
  await expect(generate({ images: [await testInput()] })).rejects.toMatchObject({ kind: 'invalid_request' });
  const small: Backend = createEaselBackend({ url, maxAnswerBytes: 10 });
  await expect(small.generate(testRound(), testContext())).rejects.toMatchObject({
    kind: 'unavailable',
    spent: true,
  });
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  await expect(generate({})).rejects.toMatchObject({ kind: 'unavailable', spent: false });
});

test('its work that outlives us is found again, and begun anew where it is gone', async () => {
  const { queued } = await load('src/backends/easel/queued.ts');
  const done = { outputs: [], adjustments: [] };
  let begun = 0;
  const kept = new Set<string>();
  const { generate, resume } = queued({
    begin: async () => {
      kept.add(`job-${++begun}`);
      return `job-${begun}`;
    },
    wait: async (job: string) => (kept.has(job) ? done : undefined),
  });
  const context = testContext();
  await generate(testRound(), context);
  expect(context.references).toEqual([{ easelJob: 'job-1' }]);
  expect(await resume(context.references[0], testRound(), context)).toBe(done);
  expect(begun).toBe(1);
  kept.clear();
  await resume(context.references[0], testRound(), context);
  expect(begun).toBe(2);
});
