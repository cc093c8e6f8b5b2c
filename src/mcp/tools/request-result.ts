import type { McpServer, RegisteredTool } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { RequestCancelledError, RequestFailedError } from '../../client/index.ts';
import type { Call, ToolContext } from '../context.ts';
import { fromResult, fromStatus } from '../model-request.ts';
import { modelRequest, requestId, waitSeconds } from '../schemas.ts';
import { answering } from './answer.ts';
import { showRequest, showResult } from './show-request.ts';
import { waitForResult } from './wait-for-result.ts';

/** `get_model_request_result`: waits for a request, and shows its pictures. */
export function requestResult(server: McpServer, context: ToolContext): RegisteredTool {
  return server.registerTool(
    'get_model_request_result',
    {
      title: 'Result of a request',
      description:
        'Waits for a request that run_model has submitted, and gives its pictures with their URLs and what they cost. Also shows one that ended long ago again. If it is not finished when the waiting is over, call this again.',
      inputSchema: z.strictObject({
        request_id: requestId,
        wait_seconds: waitSeconds(context.waitSeconds),
      }),
      outputSchema: modelRequest,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    answering(async ({ request_id, wait_seconds = context.waitSeconds }, call: Call) =>
      resultOf(context, request_id, wait_seconds, call),
    ),
  );
}

/** How it ended is what was asked for here, also when it ended badly. */
async function resultOf(
  context: ToolContext,
  id: string,
  seconds: number,
  call: Call,
): Promise<CallToolResult> {
  try {
    const result = await waitForResult(context, id, seconds, call);
    if (result) return await showResult(context, result, call);
    return showRequest(fromStatus(await context.darkroom.status(id, { signal: call.signal })));
  } catch (error) {
    if (!(error instanceof RequestFailedError || error instanceof RequestCancelledError)) throw error;
    context.undelivered.delivered(id);
    return showRequest(fromResult(error.result));
  }
}
