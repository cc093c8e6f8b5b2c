/** Errors in the AI SDK's own terms: what its retries go by. */
import { APICallError } from '@ai-sdk/provider';
import { APIError, ConnectionError, RequestCancelledError, RequestFailedError } from '../client/index.ts';

export interface FailedCall {
  baseUrl: string;
  /** Whether the server knows a submit again: others would do it twice. */
  isDarkroom: boolean;
  modelId: string;
  input: object;
}

/** Answers that say «later» rather than «no». */
const TRANSIENT = [408, 409, 429];

/** @returns the `APICallError` that `error` means; what is none, such as the reason of an aborted signal, as it is. */
export function apiCallError(error: unknown, { baseUrl, isDarkroom, modelId, input }: FailedCall): unknown {
  const call = {
    url: `${baseUrl}/v1/models/${modelId}`,
    requestBodyValues: withoutBytes(input),
    cause: error,
  };
  if (error instanceof APIError) {
    const { status, retryAfter, code, errorName, detail, requestId } = error;
    return new APICallError({
      ...call,
      message: error.message,
      statusCode: status,
      isRetryable: isDarkroom ? status >= 500 || TRANSIENT.includes(status) : status === 429,
      ...(retryAfter !== undefined && { responseHeaders: { 'retry-after': String(retryAfter) } }),
      data: { code, name: errorName, detail, requestId },
    });
  }
  if (error instanceof RequestFailedError)
    return new APICallError({
      ...call,
      message: `${error.code}: ${error.message}`,
      isRetryable: error.retryable,
      data: { requestId: error.requestId, error: error.result.error },
    });
  if (error instanceof RequestCancelledError)
    return new APICallError({
      ...call,
      message: error.message,
      isRetryable: false,
      data: { requestId: error.requestId },
    });
  if (error instanceof ConnectionError)
    return new APICallError({
      ...call,
      message: error.message,
      // The retry goes on with the request, if its id is known or the server knows it by its key.
      isRetryable: isDarkroom || error.requestId !== undefined,
      data: { requestId: error.requestId },
    });
  return error;
}

const SHOWN_CHARACTERS = 100;

/** Errors are logged, and images are no reading matter. */
function withoutBytes(input: object): object {
  const shorten = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shorten);
    return typeof value === 'string' && value.startsWith('data:') && value.length > SHOWN_CHARACTERS
      ? `${value.slice(0, SHOWN_CHARACTERS)}…`
      : value;
  };
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, shorten(value)]));
}
