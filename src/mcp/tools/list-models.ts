import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { ModelKind } from '../../client/index.ts';
import type { ToolContext } from '../context.ts';
import { answer, answering } from './answer.ts';

const KINDS = [
  'text-to-image',
  'image-to-image',
  'text-to-video',
  'image-to-video',
] as const satisfies ModelKind[];

/** `list_models`: what there is to run. */
export function listModels(server: McpServer, { darkroom }: ToolContext): void {
  server.registerTool(
    'list_models',
    {
      title: 'List models',
      description:
        'Lists the image and video models that can be run, with what each needs and what one output costs. Call get_model for the input of one before you run it.',
      inputSchema: z.strictObject({
        search: z.string().optional().describe('Words in the id, name or description.'),
        kind: z.enum(KINDS).optional(),
        category: z.string().optional().describe('Such as text-to-image or image-edit.'),
        limit: z.int().min(1).max(100).optional().describe('20 unless given.'),
        cursor: z.string().optional().describe('The next_cursor of the page before.'),
      }),
      outputSchema: z.object({
        models: z.array(
          z.object({
            model_id: z.string(),
            name: z.string(),
            kind: z.string(),
            description: z.string(),
            price_usd: z.number().describe('Of one output, unless more is asked for.'),
            inputs: z.array(z.string()),
            required_inputs: z.array(z.string()),
            available: z.boolean().describe('Whether it can be run now.'),
          }),
        ),
        total: z.number(),
        next_cursor: z.string().optional(),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    answering(async ({ search, kind, category, limit = 20, cursor }) => {
      const list = darkroom.models.list({ search, kind, category, limit });
      const { models, total, offset } = await list.page(cursor);
      const next = offset + models.length;
      return answer({
        models: models.map((model) => ({
          model_id: model.model_id,
          name: model.display_name,
          kind: model.kind,
          description: model.description,
          price_usd: model.base_price_usd,
          inputs: model.inputs,
          required_inputs: model.required_inputs,
          available: model.available,
        })),
        total,
        ...(models.length > 0 && next < total && { next_cursor: String(next) }),
      });
    }),
  );
}
