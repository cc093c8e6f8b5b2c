/** What the HTTP parser refuses before there is a request: the answer has the one shape of errors all the same. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ApiError, errors } from '../errors.ts';
import { JSON_TYPE } from './json-body.ts';
import { errorBody } from './render-error.ts';

interface ClientError extends Error {
  code?: string;
}

/** Node keeps the answer that is being written to a socket here, and looks at it the same way. */
interface AnsweringSocket extends Socket {
  _httpMessage?: { headersSent: boolean } | null;
}

/** Answers on the bare socket, if it can still be answered, and closes it: what follows could be anything. */
export function answerClientError(error: ClientError, socket: AnsweringSocket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  // With half an answer under way, ours would end up in the middle of it.
  if (socket.writable && !socket._httpMessage?.headersSent) socket.end(rendered(explain(error)));
  socket.destroySoon();
}

function explain({ code }: ClientError): ApiError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return errors.requestTimeout('The request did not arrive in the time it is given. Send it again.');
  if (code === 'HPE_HEADER_OVERFLOW')
    return errors.headersTooLarge('The URL and headers are larger than 16 KiB together.');
  return errors.invalidResourceIdentifier(
    'This is not a valid HTTP request. Check its first line, its headers and its Content-Length.',
  );
}

function rendered(error: ApiError): string {
  const requestId = randomUUID();
  const body = JSON.stringify(errorBody(error, requestId));
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    `content-type: ${JSON_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
