/** Errors of the client in words that a model can act upon. */
import {
  APIError,
  AuthenticationError,
  BudgetExceededError,
  ConnectionError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  RequestCancelledError,
  RequestFailedError,
  ServerError,
  ValidationError,
} from '../client/index.ts';
import { ToolError } from './tool-error.ts';

const NOTHING_SPENT = 'Nothing was submitted, and nothing spent.';

/** @returns what to answer; undefined for what nobody but us can act upon. */
export function explainError(error: unknown): string | undefined {
  if (error instanceof ToolError) return error.message;
  if (error instanceof RequestFailedError) return explainFailure(error);
  if (error instanceof RequestCancelledError)
    return `Request ${error.requestId} was cancelled before it started; it cost nothing.`;
  if (error instanceof ConnectionError) return explainConnection(error);
  if (error instanceof APIError) return explainAnswer(error);
  return undefined;
}

function explainAnswer(error: APIError): string {
  if (error instanceof ValidationError)
    return [
      ...error.detail.map(({ loc, msg }) => `${fieldOf(loc)} ${msg}`),
      ...(error.detail.length === 0 ? [error.message] : []),
      ...(error.detail.some(({ loc }) => loc[0] === 'body')
        ? [`${NOTHING_SPENT} get_model tells every field of the model and what it may be.`]
        : []),
    ].join('\n');
  if (error instanceof AuthenticationError)
    return `${error.message} No call will succeed until the user corrects the API key in the settings of this MCP server.`;
  if (error instanceof BudgetExceededError)
    return `${error.message} ${NOTHING_SPENT} Do not try again: tell the user, who can raise the budget of the key, or ask for less (fewer images, a lower resolution).`;
  if (error instanceof PermissionError)
    return `${error.message} Tell the user: another key, with more scopes, is needed for this.`;
  if (error instanceof RateLimitError)
    return `${error.message} Try again in ${Math.ceil(error.retryAfter ?? 10)} seconds.`;
  if (error instanceof NotFoundError)
    return `${error.message} list_model_requests lists the requests of this account.`;
  if (error instanceof ServerError)
    return `${error.message} This is the server's fault. Calling again with the same arguments is safe: it does not pay twice.`;
  return error.message;
}

/** `body.image_urls.0` is what the caller knows as `input.image_urls[0]`. */
function fieldOf([place, ...path]: string[]): string {
  const field = path.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join('');
  return place === 'body' ? `input${field}` : field.slice(1) || (place ?? '');
}

function explainFailure({ requestId, code, message, retryable, result }: RequestFailedError): string {
  return [
    `Request ${requestId} has failed: ${code}: ${message}`,
    ...(result.cost !== undefined ? [`Cost: ${result.cost} USD`] : []),
    retryable
      ? 'It may well succeed if it is run again; wait a little first.'
      : 'It would fail again the same way: change the input, or tell the user.',
  ].join('\n');
}

const explainConnection = ({ message, requestId }: ConnectionError): string =>
  [
    message,
    requestId === undefined
      ? 'Calling again with the same arguments is safe: it does not pay twice. If it goes on, tell the user that the server cannot be reached.'
      : `Request ${requestId} goes on: call get_model_request_result for it later.`,
  ].join('\n');
