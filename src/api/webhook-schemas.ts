/** The bodies of webhooks and their deliveries as JSON Schema. */
import { type TSchema, Type } from 'typebox';
import { EVENT_TYPES } from '../requests/events.ts';
import { resultSchema } from './schemas.ts';

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const time = Type.String({ format: 'date-time' });
const uuid = Type.String({ format: 'uuid' });
const url = Type.String({ format: 'uri' });

export const webhookSchema = Type.Object(
  {
    id: uuid,
    url,
    description: nullable(Type.String()),
    events: Type.Array(Type.String({ enum: [...EVENT_TYPES] })),
    enabled: Type.Boolean(),
    disabled_at: nullable(time),
    disabled_reason: nullable(Type.String()),
    failing_since: nullable({
      ...time,
      description: 'Since when deliveries fail; null while they succeed.',
    }),
    created_at: time,
  },
  { title: 'Webhook' },
);

export const secretSchema = Type.Object(
  {
    secret: Type.String({ description: 'What receivers verify signatures with: `whsec_…`.' }),
    created_at: time,
    previous_valid_until: nullable({
      ...time,
      description: 'Until then deliveries are signed with the secret before as well.',
    }),
  },
  { title: 'WebhookSecret' },
);

const attempt = Type.Object({
  number: Type.Integer(),
  at: time,
  duration_ms: Type.Integer(),
  status: nullable(Type.Integer({ description: 'Of the answer; null: there was none.' })),
  error: nullable(Type.String({ description: 'Why it was not delivered; null: it was.' })),
  excerpt: nullable(Type.String({ description: 'How the answer began.' })),
});

const deliveryFields = {
  id: uuid,
  message_id: Type.String({ description: '`webhook-id`, the same for every attempt and every receiver.' }),
  type: Type.String({ enum: [...EVENT_TYPES, 'webhook.test'] }),
  request_id: nullable(uuid),
  webhook_id: nullable({ ...uuid, description: 'Null: the URL was named at the submit.' }),
  url: Type.String({ description: 'For keys without the scope `admin` its origin alone.' }),
  state: Type.String({ enum: ['pending', 'delivered', 'failed'] }),
  attempt_count: Type.Integer(),
  created_at: time,
  next_attempt_at: nullable(time),
  ended_at: nullable(time),
  error: nullable(Type.String({ description: 'What went wrong last.' })),
};
export const deliverySchema = Type.Object(deliveryFields, { title: 'Delivery' });
export const deliveryDetailSchema = Type.Object(
  {
    ...deliveryFields,
    attempts: Type.Array(attempt, { description: 'The newest first, 100 at most.' }),
    payload: nullable(
      Type.Object(
        {},
        { additionalProperties: true, description: 'What is sent; null when the request is gone.' },
      ),
    ),
  },
  { title: 'DeliveryDetail' },
);
export const deliveriesSchema = Type.Object({
  deliveries: Type.Array(deliverySchema),
  next_cursor: nullable(Type.String()),
});

/** What receivers get. */
export const eventSchema = (types: readonly string[], data: TSchema = resultSchema): TSchema =>
  Type.Object({ type: Type.String({ enum: [...types] }), timestamp: time, data }, { title: 'Event' });
