/**
 * The two calls that nearly all are (a submit, and the question for a status) before the framework: most of what one costs would be
 * the framework around it. What is asked plainly is answered here, and all else takes the way of every call, to the endpoints in submit.ts
 * and status.ts, whose answers these are.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Identity } from '../accounts/authenticate.ts';
import type { Scope } from '../accounts/scopes.ts';
import { after } from '../lib/after.ts';
import { isUuid } from '../lib/ids.ts';
import { requireScope } from './admit-call.ts';
import { baseUrlOf } from './base-url.ts';
import type { CallAnswer } from './call.ts';
import type { ApiContext } from './context.ts';
import { ANY_ORIGIN } from './cross-origin.ts';
import { ESTIMATE } from './estimate.ts';
import { JSON_TYPE, parseJson } from './json-body.ts';
import { errorBody, explainError } from './render-error.ts';
import { readOwnStatus, STATUS_ROUTE, statusAnswer } from './status.ts';
import { SUBMIT_ROUTE, submitAnswer } from './submit.ts';

interface DirectEndpoint {
  route: string;
  scope: Scope;
  /** @returns what the URL names, where nothing about the call is out of the ordinary. */
  match(request: IncomingMessage): string | undefined;
  answer(
    context: ApiContext,
    request: IncomingMessage,
    identity: Identity,
    named: string,
  ): CallAnswer | Promise<CallAnswer>;
}

export function answerDirectly(server: FastifyInstance, context: ApiContext): void {
  // Otherwise answers depend on who asks.
  if (!context.config.corsOrigins.includes('*')) return;
  const [viaFramework] = server.server.listeners('request') as [RequestListener];
  let closing = false;
  server.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  const endpointOf = (request: IncomingMessage): DirectEndpoint | undefined => {
    if (closing || request.headers.authorization === undefined || context.log.isLevelEnabled('debug'))
      return undefined;
    if (request.method === 'GET') return status;
    return request.method === 'POST' && !context.tracing.on ? submit : undefined;
  };
  server.server.removeListener('request', viaFramework).on('request', (request, response) => {
    const endpoint = endpointOf(request);
    const named = endpoint?.match(request);
    if (endpoint && named !== undefined) answer(context, endpoint, request, response, named);
    else viaFramework(request, response);
  });
}

const ANY_ORIGIN_LIST = Object.entries(ANY_ORIGIN).flat();

const [BEFORE_ID, AFTER_ID] = STATUS_ROUTE.split(':id') as [string, string];
const STATUS_LENGTH = BEFORE_ID.length + 36 + AFTER_ID.length;

const status: DirectEndpoint = {
  route: STATUS_ROUTE,
  scope: 'read',
  match({ url, headers }) {
    if (url!.length !== STATUS_LENGTH || !url!.startsWith(BEFORE_ID) || !url!.endsWith(AFTER_ID))
      return undefined;
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)
      return undefined;
    const id = url!.slice(BEFORE_ID.length, -AFTER_ID.length);
    return isUuid(id) ? id.toLowerCase() : undefined;
  },
  answer: (context, request, identity, id) =>
    after(readOwnStatus(context, identity, id), (found) =>
      statusAnswer(found, request.headers['if-none-match'], baseUrlOf(context.config, request)),
    ),
};

const BEFORE_MODEL = SUBMIT_ROUTE.slice(0, -1);
const PLAIN_MODEL = /^[a-z0-9._/-]+$/;
const PLAIN_TYPES = new Set<string | undefined>(['application/json', JSON_TYPE]);
/** Far more than any input without images in it. */
const PLAIN_BYTES = 2 ** 20;

const submit: DirectEndpoint = {
  route: SUBMIT_ROUTE,
  scope: 'generate',
  match({ url, headers }) {
    if (!url!.startsWith(BEFORE_MODEL) || url!.endsWith(ESTIMATE)) return undefined;
    if (!PLAIN_TYPES.has(headers['content-type']) || headers['content-encoding'] !== undefined)
      return undefined;
    const bytes = Number(headers['content-length']);
    if (!(bytes > 0 && bytes <= PLAIN_BYTES)) return undefined;
    const model = url!.slice(BEFORE_MODEL.length);
    return PLAIN_MODEL.test(model) ? model : undefined;
  },
  async answer(context, request, identity, model) {
    const body = parseJson(await readText(request));
    const { headers, socket } = request;
    return submitAnswer(context, { headers, socket, body, identity, query: {}, span: null }, model);
  },
};

/** @returns the whole body; never, where the caller goes before. */
function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => resolve((parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString()));
  });
}

function answer(
  context: ApiContext,
  endpoint: DirectEndpoint,
  request: IncomingMessage,
  response: ServerResponse,
  named: string,
): void {
  const startedAt = performance.now();
  const callId = randomUUID();
  // Names and values in turn: objects would be put together only to be taken apart.
  const headerList = ['x-request-id', callId, ...ANY_ORIGIN_LIST];
  const add = (headers: Record<string, string>): void => {
    for (const name in headers) headerList.push(name, headers[name]!);
  };

  const send = ({ code, headers, body }: CallAnswer): void => {
    add(headers);
    if (body === undefined) response.writeHead(code, headerList).end();
    else {
      const bytes = Buffer.byteLength(body);
      headerList.push('content-length', String(bytes));
      // What is ASCII alone, as most is, is written faster by a name that says so.
      response.writeHead(code, headerList).end(body, bytes === body.length ? 'latin1' : 'utf8');
    }
    context.metrics.http(request.method!, endpoint.route, code, (performance.now() - startedAt) / 1000);
  };
  const fail = (thrown: unknown): void => {
    if (response.headersSent) return void response.destroy(thrown as Error);
    const error = explainError(thrown, context.log, { request_id: callId });
    const headers = { ...error.headers, 'content-type': JSON_TYPE };
    send({ code: error.status, headers, body: JSON.stringify(errorBody(error, callId)) });
  };
  const admit = (identity: Identity): void | Promise<void> =>
    after(context.rateLimit(identity), (limits) => {
      add(limits);
      requireScope(identity, endpoint);
      return after(endpoint.answer(context, request, identity, named), send);
    });
  try {
    const answered = after(context.authenticator.identify(request.headers.authorization), admit);
    if (answered instanceof Promise) answered.catch(fail);
  } catch (error) {
    fail(error);
  }
}
