/** A failure that its message explains: shown without a stack. */
export class CommandError extends Error {
  override name = 'CommandError';
}
