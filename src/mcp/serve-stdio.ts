/** The MCP server for the one client that has started this process. */
import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { ToolContext } from './context.ts';
import { createMcpServer } from './server.ts';

export interface StdioOptions {
  version: string;
  input: Readable;
  /** Carries the protocol, and nothing else. */
  output: Writable;
  /** Aborted when the process is asked to end. */
  signal: AbortSignal;
}

/**
 * Resolves when the client has gone or the process is to end. What was still under way is being withdrawn then, which the
 * process lives on for.
 */
export async function serveStdio(
  context: ToolContext,
  { version, input, output, signal }: StdioOptions,
): Promise<void> {
  const server = createMcpServer(context, version);
  const gone = new Promise<void>((resolve) => {
    input.once('end', resolve);
    input.once('close', resolve);
    // A client that has died takes nothing more.
    output.on('error', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
    server.server.onclose = resolve;
  });
  await server.connect(new StdioServerTransport(input, output));
  await gone;
  await server.close();
}
