/**
 * GET /v1/requests/{id}/status before the framework. Most calls are of this one kind, and most of what one costs is the framework
 * around it. What is asked plainly (an API key, a request id, nothing else) is answered here, and all else, `?wait` included, takes the
 * way of every call: the endpoint in status.ts, whose answers these are.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Identity } from '../accounts/authenticate.ts';
import { after } from '../lib/after.ts';
import { isUuid } from '../lib/ids.ts';
import { requireScope } from './admit-call.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { ANY_ORIGIN } from './cross-origin.ts';
import { JSON_TYPE } from './json-body.ts';
import { errorBody, explainError } from './render-error.ts';
import { readOwnStatus, STATUS_ROUTE, statusAnswer } from './status.ts';

const [BEFORE_ID, AFTER_ID] = STATUS_ROUTE.split(':id') as [string, string];
const URL_LENGTH = BEFORE_ID.length + 36 + AFTER_ID.length;

export function answerStatusesDirectly(server: FastifyInstance, context: ApiContext): void {
  // Otherwise answers depend on who asks.
  if (!context.config.corsOrigins.includes('*')) return;
  const [viaFramework] = server.server.listeners('request') as [RequestListener];
  let direct = true;
  server.addHook('preClose', (done) => {
    direct = false;
    done();
  });
  server.server.removeListener('request', viaFramework).on('request', (request, response) => {
    const id = direct && !context.log.isLevelEnabled('debug') ? plainlyAsked(request) : undefined;
    if (id === undefined) viaFramework(request, response);
    else answer(context, id, request, response);
  });
}

/** @returns the id of the request whose status is asked for, by key and with nothing else that would matter. */
function plainlyAsked({ method, url, headers }: IncomingMessage): string | undefined {
  if (method !== 'GET' || url!.length !== URL_LENGTH) return undefined;
  if (!url!.startsWith(BEFORE_ID) || !url!.endsWith(AFTER_ID)) return undefined;
  if (headers.authorization === undefined) return undefined;
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return undefined;
  const id = url!.slice(BEFORE_ID.length, -AFTER_ID.length);
  return isUuid(id) ? id.toLowerCase() : undefined;
}

function answer(context: ApiContext, id: string, request: IncomingMessage, response: ServerResponse): void {
  const startedAt = performance.now();
  const callId = randomUUID();
  const headers: Record<string, string> = { 'x-request-id': callId, ...ANY_ORIGIN };

  const send = (status: number, own: Record<string, string>, body?: string): void => {
    const length = body !== undefined && { 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...own, ...length }).end(body);
    context.metrics.http('GET', STATUS_ROUTE, status, (performance.now() - startedAt) / 1000);
  };
  const fail = (thrown: unknown): void => {
    if (response.headersSent) return void response.destroy(thrown as Error);
    const error = explainError(thrown, context.log, { request_id: callId });
    send(
      error.status,
      { ...error.headers, 'content-type': JSON_TYPE },
      JSON.stringify(errorBody(error, callId)),
    );
  };
  const admit = (identity: Identity): void | Promise<void> =>
    after(context.rateLimit(identity), (limits) => {
      Object.assign(headers, limits);
      requireScope(identity, { scope: 'read' });
      return after(readOwnStatus(context, identity, id), (status) => {
        const {
          code,
          headers: own,
          body,
        } = statusAnswer(status, request.headers['if-none-match'], baseUrlOf(context.config, request));
        send(code, own, body);
      });
    });
  try {
    const answered = after(context.authenticator.identify(request.headers.authorization), admit);
    if (answered instanceof Promise) answered.catch(fail);
  } catch (error) {
    fail(error);
  }
}
