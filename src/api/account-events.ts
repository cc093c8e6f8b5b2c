/** GET /v1/events: what happens to the account's requests, as webhooks are told of it. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { eventId, type RequestEvent, requestOfEvent } from '../requests/events.ts';
import type { EndsFollower } from '../requests/follow-ends.ts';
import { type End, type Place, placeOfEnd, placeOfNow } from '../requests/read-ends.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { eventBody } from './event-body.ts';
import { lastEventId, resumeHeaders, resumeQuery } from './last-event-id.ts';

const stream = {
  description: 'The events, each a `WebhookEvent`; comments in between show that the connection is alive.',
  content: {
    'text/event-stream': {
      schema: Type.String({
        examples: ['id: evt_…_completed\nevent: request.completed\ndata: {"type":"request.completed",…}\n\n'],
        description: 'The `id` is the `webhook-id` of the same event.',
      }),
    },
  },
};

export function accountEventsEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.get(
    '/v1/events',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Webhooks'],
        operationId: 'streamEvents',
        summary: 'Be told how requests end as server-sent events',
        headers: resumeHeaders,
        querystring: Type.Object(resumeQuery),
        response: { 200: stream },
      },
    },
    async (request, reply) => {
      const { accountId } = request.identity;
      const baseUrl = baseUrlOf(context.config, request);
      const from = await startOf(context, request);
      let follower: EndsFollower | undefined;
      let over = false;
      const stream = context.streams.open(request, reply, {
        closed() {
          over = true;
          follower?.[Symbol.dispose]();
        },
        drained: () => follower?.resume(),
      });
      if (over) return reply;
      follower = context.ends.follow(accountId, from, async (end) => {
        const outcome = await context.readOutcome(end.request_id);
        // It was deleted, and with it what there is to tell.
        if (outcome) {
          const event = eventOf(end);
          const data = JSON.stringify(eventBody(event, outcome, baseUrl));
          stream.send({ id: eventId(event), event: event.type, data });
        }
        return !stream.behind;
      });
      return reply;
    },
  );
}

const eventOf = ({ request_id, outcome, ended_at }: End): RequestEvent => ({
  type: `request.${outcome}`,
  request_id,
  round: null,
  done: null,
  occurred_at: ended_at,
});

/** @throws 422 when the last event is none of the account's: nobody could say what came after it. */
async function startOf(context: ApiContext, request: FastifyRequest): Promise<Place> {
  const last = lastEventId(request);
  if (last === undefined) return placeOfNow(context.db);
  const requestId = requestOfEvent(last);
  const place = requestId && (await placeOfEnd(context.db, request.identity.accountId, requestId));
  if (!place)
    throw errors.validation([
      {
        loc: ['header', 'Last-Event-ID'],
        msg: "must be the id of an event of this account's; without it you are told what happens from now on",
        type: 'last_event_id',
      },
    ]);
  return place;
}
