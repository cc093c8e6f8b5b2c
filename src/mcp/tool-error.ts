/** A failure in words for the model that called: what is wrong, and what to do. */
export class ToolError extends Error {
  override name = 'ToolError';
}
