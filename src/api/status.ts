/** GET /v1/requests/{id}/status: the state, at once or when it changes. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { matchesEtag } from '../files/serve.ts';
import { after } from '../lib/after.ts';
import { isEnded, publicStatus, resultStatus } from '../requests/states.ts';
import type { Status } from '../requests/status-row.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { requestId, requestParams } from './request-id.ts';
import { statusSchema } from './schemas.ts';
import { requestUrls } from './urls.ts';

const query = Type.Object({
  wait: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 60,
      description: 'Hold the answer until the state changes, for this many seconds at most.',
    }),
  ),
});

export function statusEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.get<{ Params: { id: string }; Querystring: { wait?: number } }>(
    '/v1/requests/:id/status',
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
        const etag = etagOf(status);
        reply.header('etag', etag).header('cache-control', 'no-cache');
        if (known && matchesEtag(known, etag)) return reply.code(304).send();
        reply.type(JSON_TYPE);
        return statusText(status, baseUrlOf(context.config, request));
      };
      return after(read(context, request, requestId(request)), (status) => {
        const seconds = request.query.wait;
        // Who says what it knows, and knows something else, has its change already.
        if (seconds && !isEnded(status.state) && (!known || matchesEtag(known, etagOf(status))))
          return waitForChange(context, request, reply, status, seconds).then(answer);
        return answer(status);
      });
    },
  );
}

const JSON_TYPE = 'application/json; charset=utf-8';

const etagOf = ({ version, ahead }: Status): string => `"${version}-${ahead ?? ''}"`;

/** Another account's request is none of the caller's. */
function read(context: ApiContext, request: FastifyRequest, id: string): Promise<Status> | Status {
  return after(context.readStatus(id), (status) => {
    if (!status || status.account_id !== request.identity.accountId)
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
      const status = await read(context, request, first.id);
      if (!waits() || resultStatus(status) !== resultStatus(first)) return status;
      await change;
    }
  } finally {
    reply.raw.off('close', leave);
    leave();
  }
}

/** As JSON. */
export function statusText(status: Status, baseUrl: string): string {
  const position = status.ahead === null ? '' : `"queue_position":${status.ahead},`;
  const urls = JSON.stringify(requestUrls(baseUrl, status.id)).slice(1, -1);
  return `{"request_id":"${status.id}","status":"${publicStatus(status)}",${position}${urls},${status.details}}`;
}
