/** The exit codes of commands that call a server: docs/command-line.md has the table. */
export const EXIT = {
  /** The command line is wrong, or a command for operators failed. */
  usage: 1,
  /** The result is there, but could not be fetched or written. */
  saving: 2,
  /** No key, a key that is refused, or one that may not do this. */
  auth: 3,
  notFound: 4,
  /** The input breaks rules. */
  validation: 5,
  budget: 6,
  rateLimit: 7,
  /** Not in the state it is in: not cancellable, not ended yet, still being accepted. */
  conflict: 8,
  /** No server, or no whole answer. */
  connection: 9,
  /** The server is at fault, or not ready. */
  server: 10,
  contentBlocked: 11,
  /** An input could not be fetched or used. */
  inputUnusable: 12,
  /** The backend failed, or gave nothing. */
  backend: 13,
  timeout: 14,
  /** The request was cancelled, by whomever. */
  cancelled: 15,
  interrupted: 130,
  terminated: 143,
} as const;

const BY_FAILURE: Record<string, number> = {
  content_blocked: EXIT.contentBlocked,
  input_unreachable: EXIT.inputUnusable,
  input_too_large: EXIT.inputUnusable,
  input_invalid: EXIT.inputUnusable,
  timeout: EXIT.timeout,
};

/** For the `error.code` of a request that failed. */
export const exitCodeOfFailure = (code: string): number => BY_FAILURE[code] ?? EXIT.backend;
