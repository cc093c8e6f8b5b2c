/** The one shape of every error. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { isUnavailable } from '../db/database.ts';
import { ApiError, errors } from '../errors.ts';
import { StoreFull, StoreUnavailable } from '../files/store.ts';
import { logFields } from '../tracing/span.ts';
import { describeValidation } from './describe-validation.ts';
import { JSON_TYPE } from './json-body.ts';
import { traceFailure } from './trace-calls.ts';

/** Renders `error` in one shape; what is not meant for the caller is logged and told as 500 or 503. */
export function renderError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const apiError = explainError(error, request.log, {
    request_id: request.id,
    ...logFields(request.span?.context),
  });
  traceFailure(request, apiError);
  return (
    reply
      .code(apiError.status)
      .headers(apiError.headers)
      // What fails before the first hook has not been given it.
      .header('x-request-id', request.id)
      .type(JSON_TYPE)
      .send(errorBody(apiError, request.id))
  );
}

/** What the caller is told of `error`; the rest is logged with `call`, which names the call. */
export function explainError(error: unknown, log: Pick<Logger, 'error'>, call: object): ApiError {
  const apiError = toApiError(error);
  if (apiError.status >= 500)
    log.error(
      { err: apiError.cause ?? error, ...call },
      apiError.status === 503 ? 'not available' : 'a call failed',
    );
  return apiError;
}

/** `requestId` is this call's. */
export const errorBody = (error: ApiError, requestId: string): Record<string, unknown> => ({
  error_code: error.errorCode,
  error_name: error.name,
  message: error.message,
  ...(error.detail && { detail: error.detail }),
  request_id: requestId,
});

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isUnavailable(error))
    return errors.unavailable('The database cannot be reached at the moment. Try again shortly.', 2, error);
  if (error instanceof StoreFull)
    return errors.unavailable('There is no space left to store files. Try again later.', 60, error);
  if (error instanceof StoreUnavailable)
    return errors.unavailable('Files cannot be stored or read at the moment. Try again shortly.', 5, error);
  const {
    code = '',
    statusCode,
    validation,
    validationContext,
  } = error as FastifyError & { validationContext?: string };
  if (validation) return errors.validation(describeValidation(validation, validationContext ?? 'body'));
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return errors.payloadTooLarge(
      'The body is larger than 64 MiB. Upload images with POST /v1/files and send their URLs.',
    );
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return errors.unsupportedMediaType(
      'This Content-Type is not taken here. Send JSON with `Content-Type: application/json`, and files to POST /v1/files with their own.',
    );
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return errors.invalidResourceIdentifier(
      'The request could not be understood. Check its URL, headers and body.',
    );
  return errors.internal(error);
}
