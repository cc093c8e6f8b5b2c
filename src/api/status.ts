/** GET /v1/requests/{id}/status: the state, at once or when it changes. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { matchesEtag } from '../files/serve.ts';
import type { StatusRow } from '../requests/read-status.ts';
import { isEnded, publicStatus, resultStatus } from '../requests/states.ts';
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
    async (request, reply) => {
      const id = requestId(request);
      const known = request.headers['if-none-match'];
      let row = await read(context, request, id);
      // Who says what it knows, and knows something else, has its change already.
      if (request.query.wait && !isEnded(row.state) && (!known || matchesEtag(known, etagOf(row))))
        row = await waitForChange(context, request, reply, row, request.query.wait);
      const etag = etagOf(row);
      reply.header('etag', etag).header('cache-control', 'no-cache');
      if (known && matchesEtag(known, etag)) return reply.code(304).send();
      return statusBody(row, baseUrlOf(context.config, request));
    },
  );
}

const etagOf = (row: StatusRow): string => `"${row.version}-${row.ahead ?? ''}"`;

/** Another account's request is none of the caller's. */
async function read(context: ApiContext, request: FastifyRequest, id: string): Promise<StatusRow> {
  const row = await context.readStatus(id);
  if (!row || row.account_id !== request.identity.accountId)
    throw errors.notFound('There is no such request.');
  return row;
}

async function waitForChange(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  first: StatusRow,
  seconds: number,
): Promise<StatusRow> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  reply.raw.once('close', leave);
  const untilMs = performance.now() + seconds * 1000;
  const waits = (): boolean => !gone.signal.aborted && !context.watcher.closed && performance.now() < untilMs;
  try {
    for (;;) {
      // From before the look: what happens between a look and the waiting for it would be missed.
      const change = context.watcher.change(first.id, untilMs - performance.now(), gone.signal);
      const row = await read(context, request, first.id);
      if (!waits() || resultStatus(row) !== resultStatus(first)) return row;
      await change;
    }
  } finally {
    reply.raw.off('close', leave);
    leave();
  }
}

export function statusBody(row: StatusRow, baseUrl: string): Record<string, unknown> {
  const urls = requestUrls(baseUrl, row.id);
  const body: Record<string, unknown> = { request_id: row.id, status: publicStatus(row) };
  if (row.ahead !== null) body.queue_position = row.ahead;
  body.status_url = urls.status_url;
  body.result_url = urls.result_url;
  body.cancel_url = urls.cancel_url;
  body.model_id = row.model_id;
  body.created_at = row.created_at;
  body.started_at = row.started_at;
  body.completed_at = row.ended_at;
  body.progress = {
    done: row.done,
    total: row.rounds,
    ...(row.fraction !== null && { fraction: row.fraction }),
  };
  if (row.warnings) body.warnings = row.warnings;
  if (row.failure) body.error = row.failure;
  return body;
}
