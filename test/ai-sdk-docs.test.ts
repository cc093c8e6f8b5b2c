/** The TypeScript of docs/ai-sdk.md, in a program that has installed the AI SDK and the built provider. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from './support/api.ts';
import { type ProgramFolder, programFolder } from './support/built-client.ts';
import { ROOT, run } from './support/command.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let program: ProgramFolder;
let server: TestServer;
let blocks: string;
beforeAll(async () => {
  [program, server] = await Promise.all([programFolder(), startTestServer()]);
  const installed = join(program.path, 'node_modules');
  await mkdir(join(installed, '@types'));
  for (const name of ['ai', '@ai-sdk', '@types/node'])
    await symlink(join(ROOT, 'node_modules', name), join(installed, name));
  const page = await readFile(join(ROOT, 'docs/ai-sdk.md'), 'utf8');
  blocks = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, block]) => block).join('\n');
  await writeFile(join(program.path, 'program.ts'), blocks);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

test('it runs', async () => {
  const env = { DARKROOM_BASE_URL: server.url, DARKROOM_API_KEY: server.key };
  const ended = await run(process.execPath, ['program.ts'], { cwd: program.path, env });
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  expect(ended.stdout).toMatch(/2 image\/webp\n/);
  expect(ended.stdout).toMatch(/content_blocked: .* false \{/);
  const { requests } = (await call(server, '/v1/requests')).body;
  expect(requests).toHaveLength(5);
});

test('its types are right', async () => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext', '--skipLibCheck'];
  const check = (file: string) =>
    run(process.execPath, [tsc, ...options, '--types', 'node', file], { cwd: program.path });
  expect(await check('program.ts')).toMatchObject({ code: 0, stdout: '' });
  // That the check can fail.
  await writeFile(join(program.path, 'wrong.ts'), blocks.replace("resolution: '2K'", "resolution: '8K'"));
  expect((await check('wrong.ts')).stdout).toMatch(/'"8K"' is not assignable/);
});
