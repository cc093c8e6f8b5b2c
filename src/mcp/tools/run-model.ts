import type { McpServer, RegisteredTool } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { APIError, ConnectionError } from '../../client/index.ts';
import type { Ticket } from '../../client/undelivered.ts';
import type { Call, ToolContext } from '../context.ts';
import { fromStatus } from '../model-request.ts';
import { modelId, modelRequest, waitSeconds } from '../schemas.ts';
import { ToolError } from '../tool-error.ts';
import { answering } from './answer.ts';
import { findModel, isUnknown } from './find-model.ts';
import { type InputFiles, readInputFiles } from './input-files.ts';
import { showRequest, showResult } from './show-request.ts';
import { waitForResult } from './wait-for-result.ts';

interface Arguments {
  model_id: string;
  input: Record<string, unknown>;
  wait_seconds?: number | undefined;
  idempotency_key?: string | undefined;
}

/** `run_model`: submits, waits and shows what came. */
export function runModel(server: McpServer, context: ToolContext): RegisteredTool {
  const paths = context.localFiles
    ? 'URLs, data URIs or absolute paths of picture files in the folders that the user allowed'
    : 'URLs or data URIs';
  return server.registerTool(
    'run_model',
    {
      title: 'Run a model',
      description: `Makes or edits images or videos with a model, which costs the user money: list_models and get_model tell how much. Waits for the result and shows the pictures with their URLs. If it takes longer than the waiting, the answer has a request_id to call get_model_request_result with. Several variants of a picture are one call with num_images. Calling again with the same arguments while no result has come goes on with the same request instead of paying for another. Fields for images take ${paths}.`,
      inputSchema: z.strictObject({
        model_id: modelId,
        input: z
          .record(z.string(), z.unknown())
          .describe(
            "The model's input as get_model's input_schema describes it. Unknown fields are refused.",
          ),
        wait_seconds: waitSeconds(context.waitSeconds),
        idempotency_key: z
          .string()
          .min(1)
          .max(255)
          .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces')
          .optional()
          .describe('Calls with the same key and input within 24 hours are one request, paid once.'),
      }),
      outputSchema: modelRequest,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: true,
      },
    },
    answering((args: Arguments, call: Call) => run(context, args, call)),
  );
}

async function run(context: ToolContext, args: Arguments, call: Call): Promise<CallToolResult> {
  const { model_id, input, idempotency_key } = args;
  if (input.sync_mode === true)
    throw new ToolError(
      'input.sync_mode must be absent: its output would be kept nowhere, and is too large to be shown in full here. Nothing was submitted.',
    );
  try {
    const files = await readInputFiles(context, model_id, input);
    const wanted = [
      context.caller,
      JSON.stringify([model_id, input, idempotency_key ?? null]),
      ...files.bytes,
    ];
    return await context.undelivered.once(
      wanted,
      (ticket) => runOnce(context, args, files, ticket, call),
      call.signal,
    );
  } catch (error) {
    if (isUnknown(error)) await findModel(context.darkroom, model_id);
    throw error;
  }
}

async function runOnce(
  context: ToolContext,
  { model_id, wait_seconds = context.waitSeconds, idempotency_key }: Arguments,
  files: InputFiles,
  ticket: Ticket,
  call: Call,
): Promise<CallToolResult> {
  const { darkroom } = context;
  const submit = async (): Promise<string> => {
    ticket.uploads ??= await files.upload(call.signal);
    call.signal.throwIfAborted();
    // Without the signal: a submit that is broken off may have been taken, and could not be withdrawn.
    const { request_id } = await darkroom.submit(model_id, files.replacedBy(ticket.uploads), {
      idempotencyKey: idempotency_key ?? ticket.idempotencyKey,
      strict: true,
    });
    return request_id;
  };
  ticket.requestId ??= await submit().catch((error) => {
    throw context.isDarkroom ? error : unlessTwice(error);
  });
  const { requestId } = ticket;
  try {
    const result = await waitForResult(context, requestId, wait_seconds, call);
    if (result) return await showResult(context, result, call);
    ticket.left = true;
    const status = await darkroom.status(requestId, { signal: call.signal });
    const input = files.replacedBy(files.bytes);
    // Not every server can tell.
    const estimate = await darkroom.estimate(model_id, input, { signal: call.signal }).catch(() => undefined);
    return showRequest({
      ...fromStatus(status),
      ...(estimate && { estimated_cost_usd: Number(estimate.max_cost ?? estimate.cost) }),
    });
  } catch (error) {
    // Nobody waits for it any more; one that runs goes on, and is there for the next call.
    if (call.signal.aborted) await darkroom.cancel(requestId).catch(() => {});
    throw error;
  }
}

/** Of a server that takes a repeated submit for another one. */
function unlessTwice(error: unknown): unknown {
  const isUncertain =
    error instanceof ConnectionError ||
    (error instanceof APIError && (error.status >= 500 || error.status === 408));
  return isUncertain
    ? new ToolError(
        `${error.message} It may have been submitted all the same, and this server would do a repeated call twice: ask the user before you try again.`,
      )
    : error;
}
