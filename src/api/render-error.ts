/** The one shape of every error. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isUnavailable } from '../db/database.ts';
import { ApiError, errors, type Violation } from '../errors.ts';
import { StoreFull } from '../files/store.ts';

/** Renders `error` in one shape; what is not meant for the caller is logged and told as 500 or 503. */
export function renderError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const apiError = toApiError(error);
  if (apiError.status >= 500) {
    request.log.error(
      { err: apiError.cause ?? error, request_id: request.id },
      apiError.status === 503 ? 'not available' : 'a call failed',
    );
  }
  return reply
    .code(apiError.status)
    .headers(apiError.headers)
    .type('application/json; charset=utf-8')
    .send({
      error_code: apiError.errorCode,
      error_name: apiError.name,
      message: apiError.message,
      ...(apiError.detail && { detail: apiError.detail }),
      request_id: request.id,
    });
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isUnavailable(error))
    return errors.unavailable('The database cannot be reached at the moment. Try again shortly.', 2, error);
  if (error instanceof StoreFull)
    return errors.unavailable('There is no space left to store files. Try again later.', 60, error);
  const {
    code = '',
    statusCode,
    validation,
    validationContext,
  } = error as FastifyError & { validationContext?: string };
  if (validation)
    return errors.validation(validation.map((one) => toViolation(validationContext ?? 'body', one)));
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return errors.payloadTooLarge(
      'The body is larger than 64 MiB. Upload images with POST /v1/files and send their URLs.',
    );
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return errors.unsupportedMediaType('The body must be JSON, sent with `Content-Type: application/json`.');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return errors.invalidResourceIdentifier(
      'The request could not be understood. Check its URL, headers and body.',
    );
  return errors.internal(error);
}

interface SchemaError {
  instancePath?: string;
  keyword?: string;
  message?: string;
  params?: Record<string, unknown>;
}

function toViolation(
  context: string,
  { instancePath = '', keyword = 'invalid', message = 'is invalid', params = {} }: SchemaError,
): Violation {
  const place = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keyword === 'required')
    return { loc: [context, ...place, String(params.missingProperty)], msg: 'is required', type: 'required' };
  if (keyword === 'additionalProperties')
    return {
      loc: [context, ...place, String(params.additionalProperty)],
      msg: 'is not a known field',
      type: 'unknown_field',
    };
  const values = params.allowedValues as unknown[] | undefined;
  return {
    loc: [context, ...place],
    msg: values ? `must be one of ${values.join(', ')}` : message,
    type: keyword,
  };
}
