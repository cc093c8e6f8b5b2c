/** GET /v1/deliveries[/{id}], GET /v1/webhooks/{id}/deliveries and POST /v1/deliveries/{id}/redeliver. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { includesScope } from '../accounts/scopes.ts';
import { errors } from '../errors.ts';
import { isUuid } from '../lib/ids.ts';
import { messageId, payloadOf } from '../webhooks/compose.ts';
import {
  type DeliveryRow,
  findDelivery,
  listAttempts,
  listDeliveries,
  redeliver,
} from '../webhooks/deliveries.ts';
import type { DeliveryState } from '../webhooks/record.ts';
import type { ApiContext } from './context.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { checkUuid } from './request-id.ts';
import { deliveriesSchema, deliveryDetailSchema, deliverySchema } from './webhook-schemas.ts';

const page = {
  state: Type.Optional(Type.String({ enum: ['pending', 'delivered', 'failed'] })),
  cursor: Type.Optional(Type.String({ description: 'next_cursor of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
};
const query = Type.Object({
  request_id: Type.Optional(Type.String({ format: 'uuid' })),
  webhook_id: Type.Optional(Type.String({ format: 'uuid' })),
  ...page,
});
const params = Type.Object({ id: Type.String() });
const tags = ['Webhooks'];

interface Page {
  state?: DeliveryState;
  cursor?: string;
  limit: number;
}

export function deliveriesEndpoints(app: FastifyInstance, context: ApiContext): void {
  const { db, notifications, webhooks } = context;

  app.get<{ Querystring: Page & { request_id?: string; webhook_id?: string } }>(
    '/v1/deliveries',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'listDeliveries',
        summary: "What the account's webhooks were sent, newest first",
        querystring: query,
        response: { 200: deliveriesSchema },
      },
    },
    async (request) => {
      const { request_id, webhook_id } = request.query;
      return listPage(context, request, { requestId: request_id, webhookId: webhook_id });
    },
  );

  app.get<{ Params: { id: string }; Querystring: Page }>(
    '/v1/webhooks/:id/deliveries',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'listWebhookDeliveries',
        summary: 'What a webhook was sent, newest first',
        params,
        querystring: Type.Object(page),
        response: { 200: deliveriesSchema },
      },
    },
    async (request) => listPage(context, request, { webhookId: checkUuid(request.params.id, 'webhook id') }),
  );

  app.get<{ Params: { id: string } }>(
    '/v1/deliveries/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'getDelivery',
        summary: 'One delivery with its attempts and what is sent',
        params,
        response: { 200: deliveryDetailSchema },
      },
    },
    async (request) => {
      const row = await findOwnDelivery(context, request, request.params.id);
      const [attempts, payload] = await Promise.all([listAttempts(db, row.id), payloadOf(webhooks, row)]);
      return { ...deliveryBody(row, request), attempts, payload: payload ?? null };
    },
  );

  app.post<{ Params: { id: string } }>(
    '/v1/deliveries/:id/redeliver',
    {
      config: { scope: 'generate' },
      schema: {
        tags,
        operationId: 'redeliver',
        summary: 'Deliver again, at once, with the same webhook-id',
        params,
        response: { 202: deliverySchema },
      },
    },
    async (request, reply) => {
      const row = await findOwnDelivery(context, request, request.params.id);
      if (row.gone) throw errors.conflict('The request was deleted, and with it what could be delivered.');
      if (row.stopped)
        throw errors.conflict(
          'The webhook is disabled or deleted. Switch it on first: PATCH {"enabled": true}.',
        );
      await redeliver(db, request.identity.accountId, row.id);
      notifications.publish('webhooks', [row.id]);
      reply.code(202);
      return deliveryBody(await findOwnDelivery(context, request, row.id), request);
    },
  );
}

const UUID = { test: isUuid };

async function listPage(
  { db }: ApiContext,
  request: FastifyRequest,
  of: { requestId?: string | undefined; webhookId?: string | undefined },
): Promise<Record<string, unknown>> {
  const { state, cursor, limit } = request.query as Page;
  const rows = await listDeliveries(db, {
    accountId: request.identity.accountId,
    ...of,
    state,
    cursor: cursor === undefined ? undefined : readCursor(cursor, UUID)[0],
    limit,
  });
  const shown = rows.slice(0, limit);
  return {
    deliveries: shown.map((row) => deliveryBody(row, request)),
    next_cursor: rows.length > limit ? writeCursor(shown.at(-1)!.id) : null,
  };
}

/** @throws 404 when the account has no such delivery. */
export async function findOwnDelivery(
  { db }: Pick<ApiContext, 'db'>,
  request: FastifyRequest,
  id: string,
): Promise<NonNullable<Awaited<ReturnType<typeof findDelivery>>>> {
  const row = await findDelivery(db, request.identity.accountId, checkUuid(id, 'delivery id'));
  if (!row) throw errors.notFound('There is no such delivery.');
  return row;
}

export function deliveryBody(row: DeliveryRow, request: FastifyRequest): Record<string, unknown> {
  const { id, type, request_id, webhook_id, url, state, attempts, created_at, next_attempt_at } = row;
  return {
    id,
    message_id: messageId(row),
    type,
    request_id,
    webhook_id,
    // Such URLs often have a secret in them.
    url: includesScope(request.identity.scopes, 'admin') ? url : new URL(url).origin,
    state,
    attempt_count: attempts,
    created_at,
    next_attempt_at: state === 'pending' ? next_attempt_at : null,
    ended_at: row.ended_at,
    error: row.error,
  };
}
