/** GET /v1/requests and DELETE /v1/requests/{id}: an account's history. */

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { fileIdOfUrl } from '../files/file-urls.ts';
import { removeFiles } from '../files/remove-files.ts';
import { isUuid } from '../lib/ids.ts';
import { listRequests, type ResultRow, readResult } from '../requests/read-result.ts';
import { removeRequest } from '../requests/remove.ts';
import type { ResultStatus } from '../requests/states.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { readExactMoment } from './moment.ts';
import { requestId, requestParams } from './request-id.ts';
import { outputUrls, resultBody } from './result-body.ts';
import { historyEntrySchema, historySchema } from './schemas.ts';

const query = Type.Object({
  status: Type.Optional(
    Type.String({ enum: ['in_queue', 'in_progress', 'completed', 'failed', 'cancelled'] }),
  ),
  model_id: Type.Optional(Type.String({ maxLength: 200, format: 'text' })),
  key_id: Type.Optional(Type.String({ format: 'uuid', description: 'Submitted with this API key.' })),
  after: Type.Optional(Type.String({ format: 'date-time', description: 'Created at or after.' })),
  before: Type.Optional(Type.String({ format: 'date-time', description: 'Created before.' })),
  cursor: Type.Optional(Type.String({ description: 'next_cursor of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
});

interface HistoryQuerystring {
  status?: ResultStatus;
  model_id?: string;
  key_id?: string;
  after?: string;
  before?: string;
  cursor?: string;
  limit: number;
}

export function requestsEndpoints(app: FastifyInstance, context: ApiContext): void {
  app.get<{ Querystring: HistoryQuerystring }>(
    '/v1/requests',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Requests'],
        operationId: 'listRequests',
        summary: "The account's requests, newest first",
        querystring: query,
        response: { 200: historySchema },
      },
    },
    async (request) => {
      const { status, model_id, key_id, after, before, cursor, limit } = request.query;
      const page = await listRequests(context.db, {
        accountId: request.identity.accountId,
        status,
        modelId: model_id && (context.catalog.find(model_id)?.id ?? model_id),
        keyId: key_id?.toLowerCase(),
        after: after === undefined ? undefined : readExactMoment(after, ['query', 'after']),
        before: before === undefined ? undefined : readExactMoment(before, ['query', 'before']),
        cursor: cursor === undefined ? undefined : readCursor(cursor, UUID)[0],
        limit,
      });
      const baseUrl = baseUrlOf(context.config, request);
      return {
        requests: page.requests.map((row) => entryBody(row, baseUrl)),
        next_cursor: page.next && writeCursor(page.next),
      };
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/v1/requests/:id',
    {
      config: { scope: 'generate' },
      schema: {
        tags: ['Requests'],
        operationId: 'deleteRequest',
        summary: 'Delete a request with its input, output and files',
        params: requestParams,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const files = await removeRequest(
        context.db,
        context.notifications,
        request.identity.accountId,
        requestId(request),
      );
      // They are not served any more; should the removal fail, the sweep does it.
      await removeFiles(context, files).catch((error) =>
        context.log.warn({ err: error }, 'files of a deleted request will be removed by the sweep'),
      );
      return reply.code(204).send();
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/requests/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Requests'],
        operationId: 'getRequest',
        summary: 'One request of the history: its result, its input and what it cost',
        params: requestParams,
        response: { 200: historyEntrySchema },
      },
    },
    async (request) => {
      const row = await readResult(context.db, request.identity.accountId, requestId(request));
      if (!row) throw errors.notFound('There is no such request.');
      return entryBody(row, baseUrlOf(context.config, request));
    },
  );
}

function entryBody(row: ResultRow, baseUrl: string): Record<string, unknown> {
  // The bytes of a synchronous one are for its result alone.
  const shown = row.sync_mode ? { ...row, outputs: [] } : row;
  return {
    ...resultBody(shown, baseUrl, outputUrls(shown, baseUrl), { includeCost: true }),
    input: shownInput(row.input, baseUrl),
  };
}

const UUID = { test: isUuid };

/** Our own files are kept as paths. */
function shownInput(input: Record<string, unknown>, baseUrl: string): Record<string, unknown> {
  if (!Array.isArray(input.image_urls)) return input;
  return {
    ...input,
    image_urls: (input.image_urls as string[]).map((url) => (fileIdOfUrl(url) ? baseUrl + url : url)),
  };
}
