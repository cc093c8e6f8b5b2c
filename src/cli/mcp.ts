/** `darkroom mcp`: Darkroom's models as tools of an AI assistant. */
import { type Command, InvalidArgumentError } from 'commander';
import { readOptions } from '../client/options.ts';
import { Undelivered } from '../client/undelivered.ts';
import { MOST_WAIT_SECONDS } from '../mcp/context.ts';
import { type LocalFiles, openLocalFiles } from '../mcp/local-files.ts';
import { createHttpServer } from '../mcp/serve-http.ts';
import { serveStdio } from '../mcp/serve-stdio.ts';
import { VERSION } from '../version.ts';
import {
  type ConnectionOptions,
  chooseServer,
  clientOf,
  connectionOptions,
  findConnection,
} from './caller/connection.ts';
import { onInterrupt } from './caller/interrupt.ts';
import { CommandError } from './command-error.ts';
import { parseCount } from './parse-option.ts';

interface McpOptions extends ConnectionOptions {
  allowFiles?: string[];
  wait: number;
  http?: true;
  host: string;
  port: number;
  allowHost: string[];
  allowOrigin: string[];
}

/** Below the minute after which many clients give a call up. */
const WAIT_SECONDS = 50;
/** After which what is still being withdrawn is left. */
const LAST_MS = 10_000;

export function mcpCommand(command: Command): void {
  connectionOptions(command)
    .option('--allow-files <folders...>', 'folders whose pictures may be used as inputs (stdio only)')
    .option('--wait <seconds>', 'how long a call waits for its result', parseCount, WAIT_SECONDS)
    .option('--http', 'serve over HTTP instead, to everybody who has a key')
    .option('--port <number>', 'port of HTTP; 0 takes any free one', parsePort, 8090)
    .option('--host <address>', 'address of HTTP', '127.0.0.1')
    .option('--allow-host <names...>', 'further host names that clients may call it by', [])
    .option('--allow-origin <origins...>', 'origins whose pages may call it', [])
    .action(async (options: McpOptions) => {
      if (options.wait > MOST_WAIT_SECONDS)
        throw new CommandError(`--wait is at most ${MOST_WAIT_SECONDS} seconds.`);
      await (options.http ? overHttp(options) : overStdio(options));
    });
}

async function overStdio(options: McpOptions): Promise<void> {
  const connection = await findConnection(options);
  const darkroom = clientOf(connection, { maxRetries: 2 });
  using interruption = onInterrupt(() => {});
  await serveStdio(
    {
      darkroom,
      isDarkroom: readOptions(connection).isDarkroom,
      fetch,
      localFiles: await foldersOf(options),
      waitSeconds: options.wait,
      undelivered: new Undelivered(),
      caller: '',
    },
    {
      version: VERSION,
      input: process.stdin,
      output: process.stdout,
      signal: interruption.signal,
    },
  );
  setTimeout(() => process.exit(0), LAST_MS).unref();
}

/** @throws when a folder is not there: better now than at the first picture. */
const foldersOf = ({ allowFiles }: McpOptions): Promise<LocalFiles> | undefined =>
  allowFiles &&
  openLocalFiles(allowFiles).catch((error) => {
    throw new CommandError(`--allow-files: ${error.message}`);
  });

async function overHttp(options: McpOptions): Promise<void> {
  if (options.allowFiles)
    throw new CommandError('--allow-files is for stdio: over HTTP, whoever calls sits elsewhere.');
  if (options.apiKey)
    throw new CommandError('--api-key is for stdio: over HTTP, each client sends the key it has.');
  const { baseUrl } = await chooseServer(options);
  const app = await createHttpServer({
    version: VERSION,
    waitSeconds: options.wait,
    baseUrl,
    host: options.host,
    allowHosts: options.allowHost,
    allowOrigins: options.allowOrigin,
  });
  const address = await app.listen({ port: options.port, host: options.host }).catch((error) => {
    throw new CommandError(`${options.host}:${options.port} cannot be listened on: ${error.message}`);
  });
  process.stdout.write(`MCP is ready at ${address}/mcp, and calls ${baseUrl}\n`);
  using interruption = onInterrupt(() => {});
  await new Promise((resolve) => interruption.signal.addEventListener('abort', resolve, { once: true }));
  await app.close();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a whole number, 0 to 65535.');
  return port;
}
