/** GET, POST, PATCH and DELETE /v1/webhooks: URLs that are told of what happens to the account's requests. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { errors } from '../errors.ts';
import { END_EVENTS, EVENT_TYPES, type EventType } from '../requests/events.ts';
import { deliverTest } from '../webhooks/deliveries.ts';
import { revealSecret } from '../webhooks/secrets.ts';
import {
  changeWebhook,
  createWebhook,
  findWebhook,
  listWebhooks,
  removeWebhook,
  type WebhookRow,
} from '../webhooks/webhooks.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { deliveryBody, findOwnDelivery } from './deliveries.ts';
import { normalUrl, webhookUrlViolation } from './read-webhook.ts';
import { checkUuid } from './request-id.ts';
import { deliverySchema, webhookSchema } from './webhook-schemas.ts';

const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const fields = {
  url: Type.String({ description: 'An https URL.' }),
  description: orNull(Type.String({ maxLength: 200, format: 'text' })),
  events: Type.Array(Type.String({ enum: [...EVENT_TYPES] }), {
    minItems: 1,
    maxItems: EVENT_TYPES.length,
    uniqueItems: true,
  }),
};
const createBody = Type.Object(
  {
    url: fields.url,
    description: Type.Optional(fields.description),
    events: Type.Optional({ ...fields.events, default: [...END_EVENTS] }),
  },
  { additionalProperties: false },
);
const changeBody = Type.Partial(
  Type.Object({
    ...fields,
    enabled: Type.Boolean({ description: 'True switches one on again that was disabled.' }),
  }),
  { additionalProperties: false, minProperties: 1 },
);

interface WebhookFields {
  url: string;
  description: string | null;
  events: EventType[];
  enabled: boolean;
}

const params = Type.Object({ id: Type.String() });
const config = { scope: 'admin' } as const;
const tags = ['Webhooks'];

export function webhooksEndpoints(app: FastifyInstance, context: ApiContext): void {
  const { db, notifications, webhooks } = context;

  app.get(
    '/v1/webhooks',
    {
      config,
      schema: {
        tags,
        operationId: 'listWebhooks',
        summary: "The account's webhooks",
        response: { 200: Type.Object({ webhooks: Type.Array(webhookSchema) }) },
      },
    },
    async (request) => ({
      webhooks: (await listWebhooks(db, request.identity.accountId)).map(webhookBody),
    }),
  );

  app.post<{ Body: Pick<WebhookFields, 'url' | 'events'> & Partial<WebhookFields> }>(
    '/v1/webhooks',
    {
      config,
      schema: {
        tags,
        operationId: 'createWebhook',
        summary: "Have a URL told of what happens to the account's requests",
        body: createBody,
        response: { 201: Type.Intersect([webhookSchema, Type.Object({ secret: Type.String() })]) },
      },
    },
    async (request, reply) => {
      const { url, events, description } = request.body;
      checkUrl(context, url);
      const { row, secret } = await createWebhook(db, webhooks.box, {
        accountId: request.identity.accountId,
        url: normalUrl(url),
        events,
        description: description ?? null,
        baseUrl: baseUrlOf(context.config, request),
      });
      reply.code(201).header('cache-control', 'no-store');
      return { ...webhookBody(row), secret: revealSecret(webhooks.box, secret) };
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/webhooks/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'getWebhook',
        summary: 'One webhook',
        params,
        response: { 200: webhookSchema },
      },
    },
    async (request) => webhookBody(await findOwnWebhook(context, request)),
  );

  app.patch<{ Params: { id: string }; Body: Partial<WebhookFields> }>(
    '/v1/webhooks/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'changeWebhook',
        summary: 'Change a webhook, or switch it off and on',
        params,
        body: changeBody,
        response: { 200: webhookSchema },
      },
    },
    async (request) => {
      const { url, ...rest } = request.body;
      if (url !== undefined) checkUrl(context, url);
      const id = checkUuid(request.params.id, 'webhook id');
      const row = await changeWebhook(db, request.identity.accountId, id, {
        ...rest,
        ...(url !== undefined && { url: normalUrl(url), baseUrl: baseUrlOf(context.config, request) }),
      });
      if (!row) throw errors.notFound('There is no such webhook.');
      notifications.publish('webhooks', [row.id]);
      return webhookBody(row);
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/v1/webhooks/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook; what waits for it is given up',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const id = checkUuid(request.params.id, 'webhook id');
      if (!(await removeWebhook(db, request.identity.accountId, id)))
        throw errors.notFound('There is no such webhook.');
      notifications.publish('webhooks', [id]);
      return reply.code(204).send();
    },
  );

  app.post<{ Params: { id: string } }>(
    '/v1/webhooks/:id/test',
    {
      config,
      schema: {
        tags,
        operationId: 'testWebhook',
        summary: 'Send a webhook something to try it with; the delivery tells what came of it',
        params,
        response: { 202: deliverySchema },
      },
    },
    async (request, reply) => {
      const webhook = await findOwnWebhook(context, request);
      if (webhook.disabled_at !== null)
        throw errors.conflict('The webhook is disabled. Switch it on first: PATCH {"enabled": true}.');
      const id = await deliverTest(db, webhook.id);
      notifications.publish('webhooks', [webhook.id]);
      reply.code(202);
      return deliveryBody(await findOwnDelivery(context, request, id), request);
    },
  );
}

/** @throws 422 naming what is wrong with it. */
function checkUrl(context: ApiContext, url: string): void {
  const violation = webhookUrlViolation(context, url, ['body', 'url']);
  if (violation) throw errors.validation([violation]);
}

/** @throws 404 when the account has no such webhook. */
export async function findOwnWebhook(
  { db }: Pick<ApiContext, 'db'>,
  request: FastifyRequest<{ Params: { id: string } }>,
): Promise<WebhookRow> {
  const row = await findWebhook(db, request.identity.accountId, checkUuid(request.params.id, 'webhook id'));
  if (!row) throw errors.notFound('There is no such webhook.');
  return row;
}

function webhookBody(row: WebhookRow): Record<string, unknown> {
  const { id, url, description, events, disabled_at, disabled_reason, failing_since, created_at } = row;
  return {
    id,
    url,
    description,
    events,
    enabled: disabled_at === null,
    disabled_at,
    disabled_reason,
    failing_since,
    created_at,
  };
}
