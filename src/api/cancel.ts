/** POST /v1/requests/{id}/cancel: takes a request out of the queue, if it still waits there. */
import type { FastifyInstance } from 'fastify';
import { cancelRequest } from '../requests/cancel.ts';
import type { ApiContext } from './context.ts';
import { requestId, requestParams } from './request-id.ts';
import { cancelSchema } from './schemas.ts';

export function cancelEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.post<{ Params: { id: string } }>(
    '/v1/requests/:id/cancel',
    {
      config: { scope: 'generate' },
      schema: {
        tags: ['Requests'],
        operationId: 'cancelRequest',
        summary: 'Cancel a request',
        params: requestParams,
        response: { 202: cancelSchema },
      },
    },
    async (request, reply) => {
      const id = requestId(request);
      const { status, outcome } = await cancelRequest(
        context.db,
        context.notifications,
        request.identity.accountId,
        id,
        context.tracing,
      );
      reply.code(202);
      return { request_id: id, status, outcome };
    },
  );
}
