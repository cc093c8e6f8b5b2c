/** The MCP server: its tools, for one client. */
import { McpServer, type RegisteredTool } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { ToolContext } from './context.ts';
import { cancelRequest } from './tools/cancel-request.ts';
import { estimateModel } from './tools/estimate-model.ts';
import { getModel } from './tools/get-model.ts';
import { listModels } from './tools/list-models.ts';
import { listRequests } from './tools/list-requests.ts';
import { requestResult } from './tools/request-result.ts';
import { requestStatus } from './tools/request-status.ts';
import { runModel } from './tools/run-model.ts';

const INSTRUCTIONS = `Darkroom makes and edits images and videos. Find a model with list_models, read its input with get_model, then call run_model, which waits and shows the pictures. Runs cost the user money: make what was asked for, and no more.`;

/**
 * Clients that hand their model either the structured part of an answer or its content. From those with an image in the content the
 * structured part is kept away, since the picture would be lost; its text says the same.
 */
const EITHER_OR = ['claude-code', 'codex-mcp-client', 'opencode'];

export function createMcpServer(context: ToolContext, version: string): McpServer {
  const server = new McpServer(
    { name: 'darkroom', title: 'Darkroom', version },
    { instructions: INSTRUCTIONS },
  );
  listModels(server, context);
  getModel(server, context);
  estimateModel(server, context);
  const withPictures = [runModel(server, context), requestResult(server, context)];
  requestStatus(server, context);
  cancelRequest(server, context);
  listRequests(server, context);
  server.server.oninitialized = () => {
    const name = server.server.getClientVersion()?.name ?? '';
    if (EITHER_OR.includes(name)) for (const tool of withPictures) answerInContentAlone(tool);
  };
  return server;
}

function answerInContentAlone(tool: RegisteredTool): void {
  delete tool.outputSchema;
  const answer = tool.handler as (...call: unknown[]) => Promise<{ structuredContent?: unknown }>;
  tool.handler = (async (...call: unknown[]) => {
    const { structuredContent: _, ...rest } = await answer(...call);
    return rest;
  }) as RegisteredTool['handler'];
}
