/** What docs/mcp.md tells people to put into their assistants works as it stands. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ROOT } from './support/command.ts';
import { overHttp } from './support/mcp.ts';
import { dataFolder } from './support/program.ts';
import { startTestServer, type TestServer } from './support/server.ts';

interface Entry {
  command?: string;
  args?: string[];
  env?: Record<string, string>;
  url?: string;
  headers?: Record<string, string>;
}

let server: TestServer;
let page: string;
beforeAll(async () => {
  server = await startTestServer();
  page = await readFile(join(ROOT, 'docs/mcp.md'), 'utf8');
});
afterAll(() => server[Symbol.asyncDispose]());

/** What a reader puts in. */
const filledIn = (text: string, pictures: string): string =>
  text
    .replaceAll('/path/to/darkroom', ROOT.replace(/\/$/, ''))
    .replaceAll('http://127.0.0.1:8080', server.url)
    .replaceAll('/home/you/Pictures', pictures)
    .replaceAll(/dk_…|\$\{(?:env:|input:)?[\w-]+\}/g, server.key);

async function toolsOf({ command, args, env = {}, url, headers }: Entry): Promise<number> {
  if (url !== undefined) {
    const key = headers!.Authorization!.replace('Bearer ', '');
    return (await (await overHttp(url, key)).client.listTools()).tools.length;
  }
  const client = new Client({ name: 'test', version: '1' });
  onTestFinished(() => client.close());
  await client.connect(
    new StdioClientTransport({
      command: command!,
      args: args!,
      env: { PATH: process.env.PATH!, HOME: process.env.HOME!, ...env },
    }),
  );
  const { isError } = await client.callTool({ name: 'list_models', arguments: {} });
  return isError ? 0 : (await client.listTools()).tools.length;
}

test('every entry for an assistant leads to the tools', async () => {
  const pictures = await dataFolder();
  const blocks = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(([, block]) =>
    JSON.parse(filledIn(block!, pictures)),
  );
  const entries: Entry[] = blocks.map(({ mcpServers, servers }) => (mcpServers ?? servers).darkroom);
  expect(entries.length).toBe(4);
  for (const entry of entries) expect(await toolsOf(entry), JSON.stringify(entry)).toBe(8);
});

test('the commands for Claude Code add what leads to the tools', async () => {
  const lines = filledIn(page, '').match(/^claude mcp add .+$/gm)!;
  expect(lines).toHaveLength(2);
  const [stdio, http] = lines as [string, string];
  const [options, command] = stdio.split(' -- ');
  const env = Object.fromEntries(
    [...options!.matchAll(/--env (\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
  );
  const [program, ...args] = command!.split(' ');
  expect(await toolsOf({ command: program!, args, env })).toBe(8);
  const [, url, key] = /darkroom (\S+) --header "Authorization: Bearer (\S+)"/.exec(http)!;
  expect(await toolsOf({ url: url!, headers: { Authorization: `Bearer ${key}` } })).toBe(8);
});

test('it names every tool, and no other', async () => {
  const { client } = await overHttp(`${server.url}/mcp`, server.key);
  const real = (await client.listTools()).tools.map(({ name }) => name);
  const named = [...page.matchAll(/^\| `(\w+_\w+)` \|/gm)].map(([, name]) => name);
  expect(named).toEqual(real);
});
