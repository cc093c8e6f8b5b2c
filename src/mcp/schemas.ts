/** Arguments and answers that several tools share. */
import { z } from 'zod';
import { MOST_WAIT_SECONDS } from './context.ts';

export const modelId = z
  .string()
  .min(1)
  .describe('The id of a model as list_models gives it, such as google/nano-banana-2/text-to-image.');

export const requestId = z
  .string()
  .regex(/^[\w-]+$/, 'must be a request_id as run_model gives it')
  .describe('The request_id that run_model gave.');

export const waitSeconds = (whenAbsent: number) =>
  z
    .number()
    .min(0)
    .max(MOST_WAIT_SECONDS)
    .optional()
    .describe(
      `How many seconds to wait for the result; ${whenAbsent} unless given. When they are over, the answer says how far it is.`,
    );

const failure = z.object({
  code: z.string().describe('content_blocked, no_output, input_unreachable, timeout, …'),
  message: z.string(),
  retryable: z.boolean().describe('Whether the same input may well succeed later.'),
});

const output = z.object({
  type: z.enum(['image', 'video']),
  url: z.string().optional().describe('The original. It needs no key. Absent where it is kept nowhere.'),
  width: z.number().nullable().optional(),
  height: z.number().nullable().optional(),
  content_type: z.string().optional(),
  bytes: z.number().optional(),
  seed: z.number().nullable().optional().describe('Gives this one again with the same input.'),
});

/** A request in whatever state it is. */
export const modelRequest = z.object({
  request_id: z.string(),
  model_id: z.string().optional(),
  status: z.enum(['in_queue', 'in_progress', 'completed', 'failed', 'cancelled']),
  queue_position: z.number().optional().describe("How many of the account's requests are ahead; 0 is next."),
  progress: z.object({ done: z.number(), total: z.number(), fraction: z.number().optional() }).optional(),
  outputs: z.array(output).describe('Empty until it is completed.'),
  cost_usd: z.number().optional().describe('What it cost, once it has ended.'),
  estimated_cost_usd: z.number().optional().describe('What it costs at most, while it goes on.'),
  error: failure.optional(),
  warnings: z.array(z.string()).optional(),
  adjustments: z.array(z.string()).optional().describe('What was done other than as asked.'),
  created_at: z.string().optional(),
  next_step: z.string().optional().describe('What to do to get on.'),
});

export type ModelRequest = z.infer<typeof modelRequest>;
