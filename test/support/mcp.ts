/** The official MCP client, before each way there is to Darkroom's MCP server. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { CallToolResult, Progress } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import { MAIN } from './command.ts';
import { lookAt } from './pictures.ts';
import type { TestServer } from './server.ts';

type Caller = Pick<TestServer, 'url' | 'key'>;

export interface StdioProcess {
  client: Client;
  transport: StdioClientTransport;
  /** What it has said beside the protocol. */
  stderr(): string;
}

/** `darkroom mcp` as a process of its own, as assistants start it. Closed at the end of the test. */
export async function overStdio(caller: Caller, flags: string[] = [], name = 'test'): Promise<StdioProcess> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, 'mcp', ...flags],
    env: {
      PATH: process.env.PATH!,
      HOME: process.env.HOME!,
      DARKROOM_BASE_URL: caller.url,
      DARKROOM_API_KEY: caller.key,
    },
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const client = await connect(transport, name);
  return { client, transport, stderr: () => stderr };
}

/** A session at `url`. Closed at the end of the test. */
export async function overHttp(
  url: string,
  key: string,
  name = 'test',
): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  });
  return { client: await connect(transport as Transport, name), transport };
}

async function connect(transport: Transport, name: string): Promise<Client> {
  const client = new Client({ name, version: '1' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  // Answers are checked against the schemas that it knows from here on.
  await client.listTools();
  return client;
}

export interface ToolAnswer {
  isError: boolean;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they test.
  data: any;
  pictures: { width: number; height: number; format: string; mimeType: string }[];
  raw: CallToolResult;
}

export interface CallOptions {
  signal?: AbortSignal;
  onprogress?: (progress: Progress) => void;
}

/** One call of a tool; its pictures are decoded. */
export async function callTool(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
  options: CallOptions = {},
): Promise<ToolAnswer> {
  const raw = (await client.callTool({ name, arguments: args }, undefined, options)) as CallToolResult;
  const pictures = await Promise.all(
    raw.content
      .filter((item) => item.type === 'image')
      .map(async ({ data, mimeType }) => {
        const { width, height, format } = await lookAt(Buffer.from(data, 'base64'));
        return { width, height, format, mimeType };
      }),
  );
  const texts = raw.content.filter((item) => item.type === 'text').map(({ text }) => text);
  return {
    isError: raw.isError === true,
    text: texts.join('\n'),
    data: raw.structuredContent,
    pictures,
    raw,
  };
}
