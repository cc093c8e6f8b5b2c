import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { ToolContext } from '../context.ts';
import { modelId } from '../schemas.ts';
import { answer, answering } from './answer.ts';
import { findModel } from './find-model.ts';

/** `get_model`: how to run one. */
export function getModel(server: McpServer, { darkroom }: ToolContext): void {
  server.registerTool(
    'get_model',
    {
      title: 'Describe a model',
      description:
        "Gives one model with its price and the JSON Schema of its input: every field's type, allowed values, bounds and default. The default of a required field is an example.",
      inputSchema: z.strictObject({ model_id: modelId }),
      outputSchema: z.looseObject({
        model_id: z.string(),
        display_name: z.string(),
        description: z.string(),
        kind: z.string(),
        base_price_usd: z.number(),
        pricing_note: z.string(),
        available: z.boolean(),
        input_schema: z.looseObject({
          required: z.array(z.string()),
          properties: z.record(z.string(), z.looseObject({})),
        }),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    answering(async ({ model_id }) => answer({ ...(await findModel(darkroom, model_id)) })),
  );
}
