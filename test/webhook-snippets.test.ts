/** The receivers of docs/webhooks.md take what is really sent, and refuse what is not. */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { call, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { hasProgram, ROOT } from './support/command.ts';
import { eventually } from './support/database.ts';
import { freePort } from './support/free-port.ts';
import { startProgram } from './support/program.ts';
import { submitPath } from './support/receiver.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1' });
});
afterAll(() => server[Symbol.asyncDispose]());

/** The page's block in `language`, as a file of its own beside the packages of this checkout. */
async function snippet(language: string, name: string): Promise<string> {
  const page = await readFile(join(ROOT, 'docs/webhooks.md'), 'utf8');
  const text = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)![1]!;
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-snippet-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

const languages: [name: string, program: string, language: string, file: string][] = [
  ['Node.js', process.execPath, 'js', 'receiver.mjs'],
  ['Python', 'python3', 'python', 'receiver.py'],
];

test.each(languages)('in %s', async (_, program, language, file) => {
  if (!hasProgram(program)) {
    console.warn(`SKIPPED: the receiver in ${language}: there is no ${program}`);
    return;
  }
  const { body } = await call(server, '/v1/webhooks/default/secret');
  const port = await freePort();
  const receiver = startProgram(program, [await snippet(language, file)], {
    env: { WEBHOOK_SECRET: body.secret, PORT: String(port) },
  });
  const url = `http://127.0.0.1:${port}/`;
  const forged = await eventually(() =>
    fetch(url, {
      method: 'POST',
      body: '{"type":"request.completed","data":{"request_id":"forged"}}',
      headers: {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
      },
    }).catch(() => undefined),
  );
  expect(forged.status).toBe(401);
  const id = await submit(
    server,
    { prompt: 'schöne Grüße', resolution: '0.5K' },
    `${TEXT_TO_IMAGE}${submitPath(url)}`,
  );
  await receiver.says(new RegExp(`^request.completed ${id}`, 'm'));
  await eventually(async () => {
    const { deliveries } = (await call(server, `/v1/deliveries?request_id=${id}`)).body;
    return deliveries[0]?.state === 'delivered';
  });
  expect(receiver.output()).not.toMatch(/forged/);
});
