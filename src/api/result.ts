/** GET /v1/requests/{id}/result: the outcome, or the state while there is none. */

import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { storeKeyOf } from '../files/file-records.ts';
import { removeFiles } from '../files/remove-files.ts';
import { FileMissing, type FileStore } from '../files/store.ts';
import { type ResultRow, readResult } from '../requests/read-result.ts';
import { forgetSyncContent } from '../requests/remove.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { requestId, requestParams } from './request-id.ts';
import { outputUrls, resultBody } from './result-body.ts';
import { resultSchema } from './schemas.ts';

const query = Type.Object({
  include_cost: Type.Optional(Type.Boolean({ description: 'Add `cost` in USD.' })),
});

export function resultEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.get<{ Params: { id: string }; Querystring: { include_cost?: boolean } }>(
    '/v1/requests/:id/result',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Requests'],
        operationId: 'getRequestResult',
        summary: 'Retrieve request results',
        params: requestParams,
        querystring: query,
        response: { 200: resultSchema },
      },
    },
    async (request, reply) => {
      const found = await readResult(context.db, request.identity.accountId, requestId(request));
      if (!found) throw errors.notFound('There is no such request.');
      const baseUrl = baseUrlOf(context.config, request);
      const { row, urls } = isFetchable(found)
        ? await synchronousOutputs(context, found)
        : { row: found, urls: outputUrls(found, baseUrl) };
      // A HEAD has fetched nothing.
      if (isFetchable(row) && row.outputs.length > 0 && request.method === 'GET')
        forgetOnceSent(context, reply, row.id);
      reply.header('cache-control', 'no-cache');
      return resultBody(row, baseUrl, urls, { includeCost: request.query.include_cost === true });
    },
  );
}

/** While other outputs are still made, nothing of a synchronous request is given, and nothing forgotten. */
const isFetchable = ({ sync_mode, state }: ResultRow): boolean => sync_mode && state === 'completed';

/** The outputs themselves. They go once they were fetched: whoever asks at the same moment may find none any more. */
export async function synchronousOutputs(
  { db, store }: Pick<ApiContext, 'db' | 'store'>,
  row: ResultRow,
): Promise<{ row: ResultRow; urls: string[] }> {
  try {
    return { row, urls: await dataUris(store, row) };
  } catch (error) {
    const now = error instanceof FileMissing ? await readResult(db, row.account_id, row.id) : undefined;
    if (!now || now.outputs.length > 0) throw error;
    return { row: now, urls: [] };
  }
}

async function dataUris(store: FileStore, row: ResultRow): Promise<string[]> {
  const uris: string[] = [];
  for (const file of row.outputs) {
    const bytes = await store.readAll(storeKeyOf(file.id));
    uris.push(`data:${file.content_type};base64,${bytes.toString('base64')}`);
  }
  return uris;
}

/** The bytes have reached the client's end of the connection, as far as can be told: a broken one keeps them. */
function forgetOnceSent(context: ApiContext, reply: FastifyReply, id: string): void {
  reply.raw.once('finish', () => {
    void (async () => {
      const files = await forgetSyncContent(context.db, id);
      await removeFiles(context, files);
    })().catch((error) =>
      context.log.warn({ err: error, request_id: id }, 'a synchronous output will be removed by the sweep'),
    );
  });
}
