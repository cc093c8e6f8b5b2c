/** `darkroom mcp` as assistants start it: pictures of this machine, wrong keys, and its end. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, EDIT, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { MAIN } from './support/command.ts';
import { eventually } from './support/database.ts';
import { callTool, overStdio } from './support/mcp.ts';
import { drawPicture } from './support/pictures.ts';
import { startProgram } from './support/program.ts';
import { untilStarted } from './support/requests.ts';
import { startTestServer, type TestServer, temporaryFolder } from './support/server.ts';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startTestServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('a picture in an allowed folder is an input by its path, and nothing else is', async () => {
  const account = await makeAccount(server);
  const pictures = join(folder, 'pictures');
  await mkdir(pictures);
  const cat = join(pictures, 'cat.png');
  await writeFile(cat, await drawPicture('png', { width: 800, height: 600 }));
  await writeFile(join(folder, 'owl.png'), await drawPicture());
  await writeFile(join(pictures, 'notes.png'), 'password: hunter2');
  const { client } = await overStdio(account, ['--allow-files', pictures]);
  const edit = (image: string) =>
    callTool(client, 'run_model', {
      model_id: EDIT,
      input: { prompt: '/darker', image_urls: [image], resolution: '0.5K' },
    });

  const estimate = await callTool(client, 'estimate_model', {
    model_id: EDIT,
    input: { prompt: '/darker', image_urls: [cat] },
  });
  expect(estimate.data, estimate.text).toMatchObject({ cost: 0.067 });
  expect((await call(account, '/v1/files')).body.files).toEqual([]);

  const made = await edit(cat);
  expect(made.isError, made.text).toBe(false);
  expect(made.pictures).toMatchObject([{ width: 600, height: 448 }]);
  const { files } = (await call(account, '/v1/files')).body;
  expect(files).toMatchObject([{ name: 'cat.png', width: 800, height: 600 }]);
  const [{ input }] = (await call(account, '/v1/requests')).body.requests;
  expect(input).toMatchObject({ prompt: '/darker', image_urls: [files[0].url] });

  for (const path of [
    join(folder, 'owl.png'),
    '/etc/passwd',
    join(pictures, 'notes.png'),
    'file:///etc/hosts',
  ]) {
    const refused = await edit(path);
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(/^input\.image_urls\[0\]: .*Nothing was submitted/);
  }
  expect((await call(account, '/v1/files')).body.files).toHaveLength(1);
  expect((await call(account, '/v1/requests')).body.requests).toHaveLength(1);
});

test('without allowed folders no path is read', async () => {
  const { client } = await overStdio(await makeAccount(server));
  const refused = await callTool(client, 'run_model', {
    model_id: EDIT,
    input: { prompt: 'x', image_urls: ['/etc/passwd'] },
  });
  expect(refused.text).toMatch(/--allow-files/);
});

test('a wrong key is told in the answer, where the assistant can tell its user', async () => {
  const { client } = await overStdio({ url: server.url, key: 'dk_wrong_key_0123456789' });
  const refused = await callTool(client, 'list_models');
  expect(refused.isError).toBe(true);
  expect(refused.text).toMatch(/not known here.*until the user corrects the API key/);
});

test('a server that is not there is told in the answer', async () => {
  const { client } = await overStdio({ url: 'http://127.0.0.1:9', key: server.key });
  const refused = await callTool(client, 'list_models', {}, {});
  expect(refused.isError).toBe(true);
  expect(refused.text).toMatch(/No answer from http:\/\/127\.0\.0\.1:9.*\n.*safe/);
});

test('when the client goes, its waiting requests are cancelled and the process ends', async () => {
  const account = await makeAccount(server, { maxRunning: 1 });
  await untilStarted(account, await submit(account, { prompt: 'busy [[sandbox:hang]]' }));
  const program = startProgram(process.execPath, [MAIN, 'mcp'], {
    env: { DARKROOM_BASE_URL: server.url, DARKROOM_API_KEY: account.key },
  });
  const say = (message: object): void => {
    program.child.stdin!.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  const client = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  };
  say({ id: 1, method: 'initialize', params: client });
  await program.says(/"id":1/);
  say({ method: 'notifications/initialized' });
  const args = { model_id: TEXT_TO_IMAGE, input: { prompt: 'A fox' } };
  say({
    id: 2,
    method: 'tools/call',
    params: { name: 'run_model', arguments: args, _meta: { progressToken: 7 } },
  });
  await program.says(/in the queue, 0 ahead/);
  program.child.stdin!.end();
  expect(await program.exited).toBe(0);
  const cancelled = await eventually(async () =>
    (await call(account, '/v1/requests?status=cancelled')).body.requests.at(0),
  );
  expect(cancelled.input.prompt).toBe('A fox');
  // Nothing but the protocol, on either stream.
  for (const line of program.output().trim().split('\n')) expect(JSON.parse(line).jsonrpc).toBe('2.0');
});
