/** Why an input named by the caller cannot be used: the last part of `input_unreachable` and its siblings. */
export type InputErrorReason = 'unreachable' | 'too_large' | 'invalid';

/**
 * An input that cannot be used. `message` is a predicate for the caller ("answered 404"), to be put behind the name
 * of the input; it never tells a resolved address, a path of ours or a library's words.
 */
export class InputError extends Error {
  override name = 'InputError';
  readonly reason: InputErrorReason;

  constructor(reason: InputErrorReason, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
  }
}

/** An input of more bytes than are taken. */
export function tooManyBytes(maxBytes: number): InputError {
  return new InputError('too_large', `is larger than ${inWords(maxBytes)}`);
}

function inWords(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return Number.isInteger(mebibytes) ? `${mebibytes} MB` : `${bytes} bytes`;
}
