/** GET /v1/requests/{id}/status: the state, at once or when it changes. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Identity } from '../accounts/authenticate.ts';
import { errors } from '../errors.ts';
import { matchesEtag } from '../files/serve.ts';
import { after } from '../lib/after.ts';
import { isEnded, publicStatus, resultStatus } from '../requests/states.ts';
import type { Status } from '../requests/status-row.ts';
import { baseUrlOf } from './base-url.ts';
import type { CallAnswer } from './call.ts';
import type { ApiContext } from './context.ts';
import { JSON_TYPE } from './json-body.ts';
import { requestId, requestParams } from './request-id.ts';
import { statusSchema } from './schemas.ts';
import { requestUrlsText } from './urls.ts';

const query = Type.Object({
  wait: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 60,
      description: 'Hold the answer until the state changes, for this many seconds at most.',
    }),
  ),
});

export const STATUS_ROUTE = '/v1/requests/:id/status';

export function statusEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.get<{ Params: { id: string }; Querystring: { wait?: number } }>(
    STATUS_ROUTE,
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Requests'],
        operationId: 'getRequestStatus',
        summary: 'Monitor request status',
        params: requestParams,
        querystring: query,
        response: { 200: statusSchema, 304: Type.Null() },
      },
    },
    (request, reply) => {
      const known = request.headers['if-none-match'];
      const answer = (status: Status): string | FastifyReply => {
        const { code, headers, body } = statusAnswer(status, known, baseUrlOf(context.config, request));
        reply.code(code).headers(headers);
        return body ?? reply.send();
      };
      return after(readOwnStatus(context, request.identity, requestId(request)), (status) => {
        const seconds = request.query.wait;
        // Who says what it knows, and knows something else, has its change already.
        if (seconds && !isEnded(status.state) && (!known || matchesEtag(known, etagOf(status))))
          return waitForChange(context, request, reply, status, seconds).then(answer);
        return answer(status);
      });
    },
  );
}

const etagOf = ({ version, ahead }: Status): string => `"${version}-${ahead ?? ''}"`;

/** Another account's request is none of the caller's. */
export function readOwnStatus(
  context: Pick<ApiContext, 'readStatus'>,
  identity: Identity,
  id: string,
): Promise<Status> | Status {
  return after(context.readStatus(id), (status) => {
    if (!status || status.account_id !== identity.accountId)
      throw errors.notFound('There is no such request.');
    return status;
  });
}

async function waitForChange(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  first: Status,
  seconds: number,
): Promise<Status> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  reply.raw.once('close', leave);
  const untilMs = performance.now() + seconds * 1000;
  const waits = (): boolean => !gone.signal.aborted && !context.watcher.closed && performance.now() < untilMs;
  try {
    for (;;) {
      // From before the look: what happens between a look and the waiting for it would be missed.
      const change = context.watcher.change(first.id, untilMs - performance.now(), gone.signal);
      const status = await readOwnStatus(context, request.identity, first.id);
      if (!waits() || resultStatus(status) !== resultStatus(first)) return status;
      await change;
    }
  } finally {
    reply.raw.off('close', leave);
    leave();
  }
}

/** @param known what the caller has: its `If-None-Match` */
export function statusAnswer(status: Status, known: string | undefined, baseUrl: string): CallAnswer {
  const headers = { etag: etagOf(status), 'cache-control': 'no-cache' };
  if (known && matchesEtag(known, headers.etag)) return { code: 304, headers };
  const body = statusText(status, baseUrl);
  return { code: 200, headers: { ...headers, 'content-type': JSON_TYPE }, body };
}

/** As JSON. */
export function statusText(status: Status, baseUrl: string): string {
  const position = status.ahead === null ? '' : `"queue_position":${status.ahead},`;
  const urls = requestUrlsText(baseUrl, status.id);
  return `{"request_id":"${status.id}","status":"${publicStatus(status)}",${position}${urls},${status.details}}`;
}
