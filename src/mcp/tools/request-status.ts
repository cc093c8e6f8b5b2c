import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { ToolContext } from '../context.ts';
import { fromStatus } from '../model-request.ts';
import { modelRequest, requestId } from '../schemas.ts';
import { answering } from './answer.ts';
import { showRequest } from './show-request.ts';

/** `get_model_request_status`: how far a request is. */
export function requestStatus(server: McpServer, { darkroom }: ToolContext): void {
  server.registerTool(
    'get_model_request_status',
    {
      title: 'Status of a request',
      description:
        'Says at once how far a request is: its place in the queue, its progress, or how it ended. To wait for the result, call get_model_request_result instead of asking again and again.',
      inputSchema: z.strictObject({ request_id: requestId }),
      outputSchema: modelRequest,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    answering(async ({ request_id }, { signal }) =>
      showRequest(fromStatus(await darkroom.status(request_id, { signal }))),
    ),
  );
}
