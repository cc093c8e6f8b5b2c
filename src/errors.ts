/**
 * Every failure the API can answer with, and every way a request can end badly.
 * Rooms throw an `ApiError` when the caller can act on it and a plain `Error` with `cause` otherwise.
 */

export interface Violation {
  /** Where, outermost first, always strings: `["body", "image_urls", "0"]`. */
  loc: string[];
  /** What to do, without the field's name: `must be <= 4`. */
  msg: string;
  /** The JSON Schema keyword or a word of ours: `maximum`, `unknown_field`. */
  type: string;
}

export interface ApiErrorOptions {
  detail?: Violation[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An error whose message and code are meant for the caller. */
export class ApiError extends Error {
  readonly status: number;
  readonly errorCode: number;
  readonly detail: Violation[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    errorCode: number,
    name: string,
    message: string,
    options: ApiErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.errorCode = errorCode;
    this.name = name;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}

export const errors = {
  invalidResourceIdentifier: (message: string, detail?: Violation[]) =>
    new ApiError(400, 400001, 'InvalidResourceIdentifier', message, detail ? { detail } : {}),

  userAccount: (message: string) =>
    new ApiError(401, 400004, 'UserAccountError', message, {
      headers: { 'www-authenticate': 'Bearer realm="darkroom"' },
    }),

  insufficientResources: (message: string) => new ApiError(402, 400002, 'InsufficientResources', message),

  permissionDenied: (message: string) => new ApiError(403, 403001, 'PermissionDenied', message),

  notFound: (message: string) => new ApiError(404, 404001, 'ResourceNotFound', message),

  methodNotAllowed: (message: string, allow: string) =>
    new ApiError(405, 405001, 'MethodNotAllowed', message, { headers: { allow } }),

  requestTimeout: (message: string) => new ApiError(408, 408001, 'RequestTimeout', message),

  conflict: (message: string, retryAfterSeconds?: number) =>
    new ApiError(409, 409001, 'Conflict', message, {
      headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    }),

  payloadTooLarge: (message: string) => new ApiError(413, 413001, 'PayloadTooLarge', message),

  unsupportedMediaType: (message: string) => new ApiError(415, 415001, 'UnsupportedMediaType', message),

  validation: (detail: Violation[]) =>
    new ApiError(422, 422001, 'ValidationError', describeViolations(detail), { detail }),

  headersTooLarge: (message: string) => new ApiError(431, 431001, 'HeadersTooLarge', message),

  rateLimited: (message: string, headers: Record<string, string>) =>
    new ApiError(429, 429001, 'RateLimited', message, { headers }),

  internal: (cause?: unknown) =>
    new ApiError(
      500,
      500001,
      'InternalError',
      'Something went wrong on our side. Try again; if it stays, tell the operator this request_id.',
      { cause },
    ),

  unavailable: (message: string, retryAfterSeconds = 5, cause?: unknown) =>
    new ApiError(503, 503001, 'ServiceUnavailable', message, {
      headers: { 'retry-after': String(retryAfterSeconds) },
      cause,
    }),
};

/** One sentence for `message`: each violation with its field's path after `body`. */
function describeViolations(detail: Violation[]): string {
  const shown = detail.slice(0, 5).map(({ loc, msg }) => `${loc.slice(1).join('.') || loc[0]} ${msg}`);
  if (detail.length > shown.length) shown.push(`and ${detail.length - shown.length} more`);
  return shown.join('; ');
}

/** How a request can fail: `error.code` in status and result. */
export type FailureCode =
  | 'content_blocked'
  | 'no_output'
  | 'input_unreachable'
  | 'input_too_large'
  | 'input_invalid'
  | 'backend_auth'
  | 'backend_rejected'
  | 'backend_unavailable'
  | 'timeout'
  | 'worker_lost'
  | 'internal';

/** What is stored and shown of a failed request. `message` is for the caller: no hosts, keys, paths or traces. */
export interface Failure {
  code: FailureCode;
  message: string;
  /** Whether submitting the same input again later may well succeed. */
  retryable: boolean;
}

/** Thrown on the worker's side to end a request (or one of its rounds) with `failure`. */
export class RequestFailure extends Error {
  readonly failure: Failure;

  constructor(code: FailureCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RequestFailure';
    this.failure = { code, message, retryable: options.retryable ?? false };
  }
}
