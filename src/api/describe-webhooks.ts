/** What receivers of webhooks get, for the description of the API. */
import { EVENT_TYPES, type EventType } from '../requests/events.ts';
import { eventSchema } from './webhook-schemas.ts';

/** What a submit can have in its query. */
export const SUBMIT_PARAMETERS = [
  {
    name: 'webhook',
    in: 'query',
    required: false,
    schema: { type: 'string', format: 'uri', maxLength: 2048 },
    description: 'Tell this URL when the request has ended.',
  },
  {
    name: 'webhook_intermediate_status',
    in: 'query',
    required: false,
    schema: { type: 'boolean', default: false },
    description: 'Tell it also when the request starts and as its outputs are made.',
  },
];

const MEANINGS: Record<EventType | 'webhook.test', string> = {
  'request.in_progress': 'A request has started',
  'request.output': 'An output of a request is there: `data.files` has it',
  'request.completed': 'A request has ended with outputs: `data.output` has their URLs',
  'request.failed': 'A request has ended without: `data.error` says why',
  'request.cancelled': 'A request was cancelled',
  'webhook.test': 'Somebody tries the webhook',
};

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  schema: { type: 'string' },
  description,
});
const HEADERS = [
  header('webhook-id', 'The same for every attempt: what was seen before can be left out.'),
  header('webhook-timestamp', 'When this attempt was made, in seconds since 1970.'),
  header('webhook-signature', '`v1,…`, once for each secret that holds; see standardwebhooks.com.'),
];

export const WEBHOOK_EVENT_SCHEMAS = { WebhookEvent: eventSchema(EVENT_TYPES) };

const anEvent = { $ref: '#/components/schemas/WebhookEvent' };
const aTest = {
  type: 'object',
  properties: {
    type: { type: 'string', enum: ['webhook.test'] },
    timestamp: { type: 'string', format: 'date-time' },
    data: { type: 'object', properties: { delivery_id: { type: 'string' }, message: { type: 'string' } } },
  },
};

export const WEBHOOKS = Object.fromEntries(
  Object.entries(MEANINGS).map(([type, summary]) => [
    type,
    {
      post: {
        tags: ['Webhooks'],
        operationId: `on_${type.replaceAll('.', '_')}`,
        summary,
        security: [],
        parameters: HEADERS,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: type === 'webhook.test' ? aTest : anEvent } },
        },
        responses: {
          '2XX': { description: 'Delivered. Answer within 15 seconds.' },
          '410': { description: 'Never again: the webhook is disabled.' },
          default: { description: 'Tried again for 24 hours, not before what `Retry-After` says.' },
        },
      },
    },
  ]),
);
