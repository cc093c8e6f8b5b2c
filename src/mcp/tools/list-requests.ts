import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { ToolContext } from '../context.ts';
import { fromResult } from '../model-request.ts';
import { modelRequest } from '../schemas.ts';
import { answer, answering } from './answer.ts';

/** `list_model_requests`: what was run before, so that nothing paid for gets out of sight. */
export function listRequests(server: McpServer, { darkroom }: ToolContext): void {
  server.registerTool(
    'list_model_requests',
    {
      title: 'List requests',
      description:
        'Lists earlier requests of the account, newest first, with their prompts and the URLs of what came: to find one whose request_id got lost, or to use a picture again.',
      inputSchema: z.strictObject({
        status: z.enum(['in_queue', 'in_progress', 'completed', 'failed', 'cancelled']).optional(),
        model_id: z.string().optional(),
        limit: z.int().min(1).max(50).optional().describe('10 unless given.'),
        cursor: z.string().optional().describe('The next_cursor of the page before.'),
      }),
      outputSchema: z.object({
        requests: z.array(modelRequest.extend({ prompt: z.string().optional() })),
        next_cursor: z.string().optional(),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    answering(async ({ status, model_id, limit = 10, cursor }) => {
      const page = await darkroom.requests.list({ status, modelId: model_id, limit }).page(cursor);
      return answer({
        requests: page.requests.map(({ input, ...result }) => {
          const { prompt } = (input ?? {}) as { prompt?: unknown };
          return { ...fromResult(result), ...(typeof prompt === 'string' && { prompt }) };
        }),
        ...(page.next_cursor !== null && { next_cursor: page.next_cursor }),
      });
    }),
  );
}
