/** Answers of tools, and their failures. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { explainError } from '../explain-error.ts';

/** For programs as data, for models as text. */
export const answer = (
  data: Record<string, unknown>,
  text = JSON.stringify(data, null, 1),
): CallToolResult => ({
  content: [{ type: 'text', text }],
  structuredContent: data,
});

/** Failures are answers too: an error of the protocol would be the client's to handle, and its model would see nothing. */
export function answering<Args, Call>(
  tool: (args: Args, call: Call) => Promise<CallToolResult>,
): (args: Args, call: Call) => Promise<CallToolResult> {
  return async (args, call) => {
    try {
      return await tool(args, call);
    } catch (error) {
      const text = explainError(error);
      if (text === undefined) throw error;
      return { isError: true, content: [{ type: 'text', text }] };
    }
  };
}
