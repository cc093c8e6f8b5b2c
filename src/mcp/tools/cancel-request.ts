import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { ToolContext } from '../context.ts';
import { requestId } from '../schemas.ts';
import { answer, answering } from './answer.ts';

/** `cancel_model_request`: takes a request out of the queue. */
export function cancelRequest(server: McpServer, { darkroom, undelivered }: ToolContext): void {
  server.registerTool(
    'cancel_model_request',
    {
      title: 'Cancel a request',
      description:
        'Takes a request out of the queue; it then costs nothing. One that has started cannot be cancelled any more: outcome is not_cancellable.',
      inputSchema: z.strictObject({ request_id: requestId }),
      outputSchema: z.object({
        request_id: z.string(),
        status: z.enum(['in_queue', 'in_progress', 'completed', 'cancelled']),
        outcome: z.enum(['cancelled', 'not_cancellable']),
      }),
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: true,
        openWorldHint: false,
      },
    },
    answering(async ({ request_id }) => {
      const cancellation = await darkroom.cancel(request_id);
      if (cancellation.outcome === 'cancelled') undelivered.delivered(request_id);
      return answer({ ...cancellation });
    }),
  );
}
