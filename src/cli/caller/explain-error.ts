/** Errors of the SDK in the words of the command line, with the exit code of their class. */
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  BudgetExceededError,
  ConflictError,
  ConnectionError,
  DarkroomError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionError,
  RateLimitError,
  RequestCancelledError,
  RequestFailedError,
  ServerError,
  TimeoutError,
  UnsupportedMediaTypeError,
  ValidationError,
  type Violation,
} from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { EXIT, exitCodeOfFailure } from '../exit-codes.ts';
import { isLoopback } from './base-url.ts';
import type { Connection } from './connection.ts';

const CLASSES: [typeof APIError, number][] = [
  [BadRequestError, EXIT.validation],
  [AuthenticationError, EXIT.auth],
  [BudgetExceededError, EXIT.budget],
  [PermissionError, EXIT.auth],
  [NotFoundError, EXIT.notFound],
  [ConflictError, EXIT.conflict],
  [PayloadTooLargeError, EXIT.validation],
  [UnsupportedMediaTypeError, EXIT.validation],
  [ValidationError, EXIT.validation],
  [RateLimitError, EXIT.rateLimit],
];

/** What to throw instead of `error`; whatever is not the SDK's comes back as it is. */
export function explainError(error: unknown, connection: Connection): unknown {
  if (error instanceof APIError) {
    const [, code = EXIT.server] = CLASSES.find(([type]) => error instanceof type) ?? [];
    return new CommandError(explainAnswer(error, connection), code, { cause: error });
  }
  if (error instanceof RequestFailedError) return explainFailure(error);
  if (error instanceof RequestCancelledError)
    return new CommandError(`Request ${error.requestId} was cancelled.`, EXIT.cancelled, { cause: error });
  if (error instanceof TimeoutError) return new CommandError(error.message, EXIT.timeout, { cause: error });
  if (error instanceof ConnectionError)
    return new CommandError(`${error.message}${whereToLook(connection)}`, EXIT.connection, { cause: error });
  if (error instanceof DarkroomError || isBadId(error))
    return new CommandError((error as Error).message, EXIT.usage, { cause: error });
  return error;
}

/** The SDK's word for an id that cannot be part of a path. */
const isBadId = (error: unknown): boolean =>
  error instanceof TypeError && /^(This is no id|The id of a model)/.test(error.message);

function explainAnswer(error: APIError, { baseUrl, keyFrom }: Connection): string {
  if (error instanceof AuthenticationError)
    return `${baseUrl} refused the key from ${keyFrom}: ${error.message}\n\`darkroom login ${baseUrl}\` stores another.`;
  if (error instanceof BudgetExceededError)
    return `${error.message}\n\`darkroom usage\` shows what was spent.`;
  if (error instanceof ValidationError && error.detail.length > 0)
    return error.detail.map(describeViolation).join('\n');
  if (error instanceof RateLimitError && error.retryAfter !== undefined)
    return `${error.message}\nTry again in ${Math.ceil(error.retryAfter)} s.`;
  if (error instanceof ServerError && error.requestId)
    return `${error.message}\nThe server's log knows this call as ${error.requestId}.`;
  return error.message;
}

/** `--num-images must be <= 4`; an item of a list by its place, counted from 1 as people do. */
function describeViolation({ loc, msg }: Violation): string {
  const [where, name, ...rest] = loc;
  if (name === undefined || (where !== 'body' && where !== 'query')) return `${loc.join('.')} ${msg}`;
  const [place, ...deeper] = rest;
  const isItem = place !== undefined && /^\d+$/.test(place);
  const inner = [...(isItem ? [] : rest), ...(isItem ? deeper : [])].map((part) => `.${part}`).join('');
  return `--${name.replaceAll('_', '-')}${inner}${isItem ? ` (number ${Number(place) + 1})` : ''} ${msg}`;
}

function explainFailure(error: RequestFailedError): CommandError {
  const again = error.retryable ? '\nThe same input may well succeed if you run it again.' : '';
  return new CommandError(
    `Request ${error.requestId} failed (${error.code}): ${error.message}${again}`,
    exitCodeOfFailure(error.code),
    { cause: error },
  );
}

function whereToLook({ baseUrl, chosenBy, isNamed }: Connection): string {
  if (!isNamed && isLoopback(baseUrl))
    return '\n`npm start` starts a server here; --base-url names another one.';
  return ` (${chosenBy})`;
}

const isInterrupted = (error: unknown): boolean =>
  error instanceof CommandError && error.exitCode >= EXIT.interrupted;

/** What `--json` prints of a failure: what the server said where it said something. */
export function errorAsJson(error: unknown): unknown {
  const cause = error instanceof CommandError && error.cause !== undefined ? error.cause : error;
  if (cause instanceof RequestFailedError || cause instanceof RequestCancelledError) return cause.result;
  const { message } = cause as Error;
  const name = isInterrupted(error) ? 'Interrupted' : (cause as Error).name;
  if (!(cause instanceof APIError)) return { error_name: name, message };
  return {
    ...(cause.code !== undefined && { error_code: cause.code }),
    error_name: cause.errorName ?? name,
    message,
    ...(cause.detail.length > 0 && { detail: cause.detail }),
    ...(cause.requestId !== undefined && { request_id: cause.requestId }),
  };
}
