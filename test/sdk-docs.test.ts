/** The TypeScript in the texts: its types are right, and it runs as a reader's program would, against a server. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ProgramFolder, programFolder } from './support/built-client.ts';
import { ROOT, run } from './support/command.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let program: ProgramFolder;
let server: TestServer;
beforeAll(async () => {
  [program, server] = await Promise.all([programFolder(), startTestServer()]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

/** Blocks marked `ts`, one after the other as one program. What cannot run here is marked `typescript`. */
async function programOf(page: string): Promise<string> {
  const text = await readFile(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, block]) => block).join('\n');
}

test.each(['docs/sdk.md', 'README.md'])('the TypeScript of %s runs', async (page) => {
  const text = await programOf(page);
  expect(text).not.toBe('');
  const name = page.replace(/\W/g, '-');
  await writeFile(join(program.path, `${name}.ts`), text);
  const env = { DARKROOM_BASE_URL: server.url, DARKROOM_API_KEY: server.key };
  const ended = await run(process.execPath, [`${name}.ts`], { cwd: program.path, env });
  expect(ended, ended.stdout).toMatchObject({ code: 0, stderr: '' });
  // Buffer and files are not in a browser's lib.
  const declared = "declare module 'node:fs/promises';\ndeclare const Buffer: any;\n";
  await writeFile(join(program.path, 'node.d.ts'), declared);
  expect(await program.check(['node.d.ts', `${name}.ts`])).toBe('');
});
