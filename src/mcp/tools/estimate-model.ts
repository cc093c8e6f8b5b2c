import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { ToolContext } from '../context.ts';
import { modelId } from '../schemas.ts';
import { answer, answering } from './answer.ts';
import { findModel, isUnknown } from './find-model.ts';
import { readInputFiles } from './input-files.ts';

/** `estimate_model`: the price before the run. */
export function estimateModel(server: McpServer, context: ToolContext): void {
  const { darkroom } = context;
  server.registerTool(
    'estimate_model',
    {
      title: 'Estimate a run',
      description:
        'Checks an input as run_model would and says what running it would cost and whether the budget allows it, without running it.',
      inputSchema: z.strictObject({
        model_id: modelId,
        input: z.record(z.string(), z.unknown()).describe('As for run_model.'),
      }),
      outputSchema: z.looseObject({
        model_id: z.string(),
        cost: z.number().describe('USD, when all outputs come.'),
        max_cost: z.number().optional().describe('USD, at most.'),
        within_budget: z.boolean().optional(),
        budget_left: z.number().nullable().optional().describe('USD this month; null without a budget.'),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    answering(async ({ model_id, input }, { signal }) => {
      try {
        const files = await readInputFiles(context, model_id, input);
        // Bytes are not uploaded for it.
        const estimate = await darkroom.estimate(model_id, files.replacedBy(files.bytes), { signal });
        return answer({ ...estimate });
      } catch (error) {
        if (isUnknown(error)) await findModel(darkroom, model_id);
        throw error;
      }
    }),
  );
}
