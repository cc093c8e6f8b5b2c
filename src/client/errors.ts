/** Everything that calls throw. `instanceof` tells them apart; all of them are `DarkroomError`. */
import type { Failure, Result } from './types.ts';

/** Whatever this client throws, but for the reason of your own aborted signal, which comes as it is. */
export class DarkroomError extends Error {
  override name = 'DarkroomError';
}

/** One thing that is wrong with a call. */
export interface Violation {
  /** Where, outermost first: `["body", "image_urls", "0"]`. */
  loc: string[];
  /** `must be <= 4` */
  msg: string;
  type: string;
}

export interface ErrorAnswer {
  status: number;
  code?: number;
  errorName?: string;
  detail?: Violation[];
  requestId?: string;
  retryAfter?: number;
}

/** The server answered that it will not do it. */
export class APIError extends DarkroomError {
  override name = 'APIError';
  /** The HTTP status. */
  readonly status: number;
  /** `error_code`: 422001 */
  readonly code: number | undefined;
  /** `error_name`, the server's own word for it. */
  readonly errorName: string | undefined;
  /** Every violation at once, where something in the call is wrong. */
  readonly detail: Violation[];
  /** Of this call, to be told to whoever runs the server; no generation's id. */
  readonly requestId: string | undefined;
  /** Seconds to wait before the next try, as the server said. */
  readonly retryAfter: number | undefined;

  constructor(message: string, answer: ErrorAnswer) {
    super(message);
    this.status = answer.status;
    this.code = answer.code;
    this.errorName = answer.errorName;
    this.detail = answer.detail ?? [];
    this.requestId = answer.requestId;
    this.retryAfter = answer.retryAfter;
  }

  /** What is wrong with each field, by its path: `{ num_images: "must be <= 4", "image_urls.0": "…" }`. */
  get fields(): Record<string, string> {
    return Object.fromEntries(
      this.detail.map(({ loc, msg }) => [loc.slice(1).join('.') || loc.join('.'), msg]),
    );
  }
}

/** 400: the call is malformed. */
export class BadRequestError extends APIError {
  override name = 'BadRequestError';
}
/** 401: the key is missing, unknown, expired or revoked. */
export class AuthenticationError extends APIError {
  override name = 'AuthenticationError';
}
/** 402: it may cost more than the budget has left. */
export class BudgetExceededError extends APIError {
  override name = 'BudgetExceededError';
}
/** 403: the key lacks the scope. */
export class PermissionError extends APIError {
  override name = 'PermissionError';
}
/** 404: there is no such model, request, file or key. */
export class NotFoundError extends APIError {
  override name = 'NotFoundError';
}
/** 409: not in the state it is in. */
export class ConflictError extends APIError {
  override name = 'ConflictError';
}
/** 413: a body or file is too large. */
export class PayloadTooLargeError extends APIError {
  override name = 'PayloadTooLargeError';
}
/** 415: of a type that is not taken. */
export class UnsupportedMediaTypeError extends APIError {
  override name = 'UnsupportedMediaTypeError';
}
/** 422: the input breaks rules; `fields` says which. */
export class ValidationError extends APIError {
  override name = 'ValidationError';
}
/** 429: too many calls, or the queue is full. */
export class RateLimitError extends APIError {
  override name = 'RateLimitError';
}
/** 5xx: the server is at fault, or not ready. */
export class ServerError extends APIError {
  override name = 'ServerError';
}

const BY_STATUS: Record<number, typeof APIError> = {
  400: BadRequestError,
  401: AuthenticationError,
  402: BudgetExceededError,
  403: PermissionError,
  404: NotFoundError,
  409: ConflictError,
  413: PayloadTooLargeError,
  415: UnsupportedMediaTypeError,
  422: ValidationError,
  429: RateLimitError,
};

/** The error of an answer's status. */
export function errorOfStatus(message: string, answer: ErrorAnswer): APIError {
  const Type = BY_STATUS[answer.status] ?? (answer.status >= 500 ? ServerError : APIError);
  return new Type(message, answer);
}

/** There was no answer, or not all of it. */
export class ConnectionError extends DarkroomError {
  override name = 'ConnectionError';
  /** The generation that was waited for, which goes on: `wait(requestId)`. */
  requestId: string | undefined;
}

/** Your `timeout` is over. */
export class TimeoutError extends DarkroomError {
  override name = 'TimeoutError';
  /** The generation that was waited for, if it was submitted. */
  requestId: string | undefined;
}

/** The generation failed. */
export class RequestFailedError extends DarkroomError {
  override name = 'RequestFailedError';
  readonly requestId: string;
  /** `content_blocked`, `backend_unavailable`, … */
  readonly code: Failure['code'];
  /** Whether the same input may well succeed if it is submitted again. */
  readonly retryable: boolean;
  readonly result: Result;

  constructor(result: Result) {
    const failure = failureOf(result);
    super(failure.message);
    this.requestId = result.request_id;
    this.code = failure.code;
    this.retryable = failure.retryable;
    this.result = result;
  }
}

/** Other hosts say less, or in another shape. */
function failureOf({ error }: { error?: unknown }): Failure {
  const { code, message, retryable } = (
    typeof error === 'object' && error ? error : { message: error }
  ) as Partial<Failure>;
  return {
    code: code ?? 'unknown',
    message:
      typeof message === 'string' && message ? message : 'The request failed; the server does not say why.',
    retryable: retryable === true,
  };
}

/** The generation was cancelled before it started. */
export class RequestCancelledError extends DarkroomError {
  override name = 'RequestCancelledError';
  readonly requestId: string;
  readonly result: Result;

  constructor(result: Result) {
    super('The request was cancelled.');
    this.requestId = result.request_id;
    this.result = result;
  }
}
