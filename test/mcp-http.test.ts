/** The MCP server over HTTP: who may come in, whose session it is, and under which address. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createHttpServer, type HttpOptions } from '../src/mcp/serve-http.ts';
import { makeAccount, makeKey } from './support/accounts.ts';
import { type Answer, call, TEXT_TO_IMAGE } from './support/api.ts';
import { MAIN } from './support/command.ts';
import { callTool, overHttp } from './support/mcp.ts';
import { startProgram } from './support/program.ts';
import { sendRaw } from './support/raw-http.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const PAGE = 'https://app.example.com';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_CORS_ORIGINS: PAGE });
});
afterAll(() => server[Symbol.asyncDispose]());

/** `darkroom mcp --http` before the server, in this process. */
async function startGateway(options: Partial<HttpOptions> = {}): Promise<string> {
  const app = await createHttpServer({
    version: '1',
    waitSeconds: 20,
    baseUrl: server.url,
    host: '127.0.0.1',
    allowHosts: [],
    allowOrigins: [],
    ...options,
  });
  onTestFinished(() => app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};

/** A message as a client posts it. */
const post = (
  url: string,
  key: string | null,
  { headers = {}, json = INITIALIZE as unknown } = {},
): Promise<Answer> =>
  call({ url, key: key ?? '' }, '/mcp', {
    json,
    key,
    headers: { accept: 'application/json, text/event-stream', ...headers },
  });

const LIST = { jsonrpc: '2.0', id: 2, method: 'tools/list' };

describe.each([
  ['the server itself', async () => server.url],
  ['a gateway', () => startGateway()],
])('%s', (_, start) => {
  test('lets in who has a key, and nobody else', async () => {
    const url = await start();
    expect((await post(url, server.key)).status).toBe(200);
    for (const key of [null, 'dk_wrong_key_0123456789', '']) {
      const refused = await post(url, key);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    const basic = await post(url, null, { headers: { authorization: 'Basic YTpi' } });
    expect(basic.status).toBe(401);
  });

  test('gives a session to nobody but the key that began it', async () => {
    const url = await start();
    const begun = await post(url, server.key);
    const session = { 'mcp-session-id': begun.headers.get('mcp-session-id')! };
    const stranger = await makeAccount(server);
    expect((await post(url, server.key, { headers: session, json: LIST })).status).toBe(200);
    const stolen = await post(url, stranger.key, { headers: session, json: LIST });
    const unknown = await post(url, stranger.key, {
      headers: { 'mcp-session-id': '01a1faa8-46b8-7d2a-a293-6bc0f79fda3f' },
      json: LIST,
    });
    expect(stolen.status).toBe(404);
    expect(stolen.body).toEqual(unknown.body);
    const end = { method: 'DELETE', headers: session };
    expect((await call({ url, key: stranger.key }, '/mcp', end)).status).toBe(404);
    expect((await call({ url, key: server.key }, '/mcp', end)).status).toBe(200);
    expect((await post(url, server.key, { headers: session, json: LIST })).status).toBe(404);
  });

  test('is not for pages of other origins', async () => {
    const url = await start();
    const refused = await post(url, server.key, { headers: { origin: 'https://evil.example' } });
    expect(refused).toMatchObject({ status: 403, body: { jsonrpc: '2.0', error: { code: -32000 } } });
  });

  test('says what is wrong with a call that begins no session', async () => {
    const url = await start();
    expect((await post(url, server.key, { json: LIST })).status).toBe(400);
    expect((await post(url, server.key, { json: [] })).status).toBe(400);
    expect((await call({ url, key: server.key }, '/mcp')).status).toBe(400);
  });

  test('carries the limits of the key', async () => {
    const url = await start();
    const account = await makeAccount(server);
    const { key } = await makeKey(account, { scopes: ['read'] });
    const { client } = await overHttp(`${url}/mcp`, key);
    expect((await callTool(client, 'list_models')).isError).toBe(false);
    const refused = await callTool(client, 'run_model', {
      model_id: TEXT_TO_IMAGE,
      input: { prompt: 'A fox' },
    });
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(/`generate`.*Tell the user/);
  });
});

test('a page of an allowed origin may call, and reads the id of its session', async () => {
  for (const url of [server.url, await startGateway({ allowOrigins: [PAGE] })]) {
    const begun = await post(url, server.key, { headers: { origin: PAGE } });
    expect(begun.status).toBe(200);
    expect(begun.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(begun.headers.get('access-control-expose-headers')).toMatch(/mcp-session-id/i);
  }
});

test('a gateway answers to its own names alone, so that no name of a stranger leads to it', async () => {
  const url = await startGateway({ allowHosts: ['darkroom.lan'] });
  const status = async (host: string): Promise<number> => (await listAs(url, host)).status;
  // Beginning a session would need one; being let in shows in being asked for its id.
  expect(await status('localhost:8090')).toBe(400);
  expect(await status('Darkroom.LAN')).toBe(400);
  expect(await status('evil.example')).toBe(403);
  expect(await status('localhost.evil.example')).toBe(403);
});

/** A call by a name of the server that only the call itself knows. */
function listAs(url: string, host: string): Promise<Answer> {
  const lines = [
    'GET /mcp HTTP/1.1',
    `Host: ${host}`,
    `Authorization: Bearer ${server.key}`,
    'Connection: close',
  ];
  return sendRaw({ url }, `${lines.join('\r\n')}\r\n\r\n`);
}

test('a cookie is no key', async () => {
  const origin = server.url;
  const signIn = { json: { api_key: server.key }, key: null, headers: { origin } };
  const signedIn = await call(server, '/v1/session', signIn);
  const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!;
  const account = (await call(server, '/v1/account')).body.id;
  // With this much, it is good for every other call that changes something.
  const headers = { origin, cookie, 'x-darkroom-account': account };
  expect((await post(server.url, null, { headers })).status).toBe(401);
  expect((await call(server, '/v1/account', { key: null, headers })).status).toBe(200);
});

test('behind a public address, URLs are public and pictures are shown all the same', async () => {
  const publicUrl = 'https://pictures.example';
  await using behind = await startTestServer({ DARKROOM_PUBLIC_URL: publicUrl });
  const { client } = await overHttp(`${behind.url}/mcp`, behind.key);
  const made = await callTool(client, 'run_model', {
    model_id: TEXT_TO_IMAGE,
    input: { prompt: 'A fox', resolution: '0.5K' },
  });
  expect(made.pictures).toMatchObject([{ width: 512, height: 512 }]);
  expect(made.data.outputs[0].url).toMatch(/^https:\/\/pictures\.example\/files\//);
});

test('URLs are of the name that the client calls by', async () => {
  const url = server.url.replace('127.0.0.1', 'localhost');
  const { client } = await overHttp(`${url}/mcp`, server.key);
  const made = await callTool(client, 'run_model', {
    model_id: TEXT_TO_IMAGE,
    input: { prompt: 'A fox', resolution: '0.5K' },
  });
  expect(made.pictures).toHaveLength(1);
  expect(made.data.outputs[0].url.startsWith(`${url}/files/`)).toBe(true);
});

test('a server closes although sessions are open', async () => {
  const closing = await startTestServer();
  await overHttp(`${closing.url}/mcp`, closing.key);
  const startedAt = performance.now();
  await closing[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(4000);
});

test('`darkroom mcp --http` says where it is, and ends when it is told to', async () => {
  const gateway = startProgram(process.execPath, [MAIN, 'mcp', '--http', '--port', '0'], {
    env: { DARKROOM_BASE_URL: server.url },
  });
  const [, address] = await gateway.says(/MCP is ready at (\S+)\/mcp/);
  const { client } = await overHttp(`${address}/mcp`, server.key);
  expect((await callTool(client, 'list_models')).data.total).toBeGreaterThan(5);
  gateway.child.kill('SIGTERM');
  expect(await gateway.exited).toBe(0);
});

test.each([
  ['--allow-files is for stdio', ['--http', '--allow-files', '/tmp']],
  ['--api-key is for stdio', ['--http', '--api-key', 'dk_x']],
  ['--allow-files: ', ['--allow-files', '/no/such/folder', '--api-key', 'dk_x']],
  ['--wait is at most', ['--wait', '601']],
])('flags that make no sense are told: %s', async (says, flags) => {
  const program = startProgram(process.execPath, [MAIN, 'mcp', ...flags], {
    env: { DARKROOM_BASE_URL: server.url },
  });
  expect(await program.exited).toBe(1);
  expect(program.output()).toContain(says);
});
