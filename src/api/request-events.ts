/** GET /v1/requests/{id}/events: the state at once, then every change until the end. */

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { isEnded } from '../requests/states.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { requestStreamSchema } from './event-schemas.ts';
import { lastEventId, resumeHeaders, resumeQuery } from './last-event-id.ts';
import { requestId, requestParams } from './request-id.ts';
import { createTeller, readSeen, type Teller } from './tell-request.ts';

const query = Type.Object({
  ...resumeQuery,
  include_cost: Type.Optional(Type.Boolean({ description: 'Add `cost` in USD to the result in `end`.' })),
});

export function requestEventsEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.get<{ Params: { id: string }; Querystring: { include_cost?: boolean } }>(
    '/v1/requests/:id/events',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Requests'],
        operationId: 'streamRequestEvents',
        summary: 'Follow a request as server-sent events',
        params: requestParams,
        headers: resumeHeaders,
        querystring: query,
        response: { 200: requestStreamSchema, 204: Type.Null({ description: 'The end was seen before.' }) },
      },
    },
    async (request, reply) => {
      const id = requestId(request);
      const seen = readSeen(lastEventId(request), id);
      let teller: Teller | undefined;
      const follower = context.following.follow(id, () => teller?.tell());
      try {
        await follower.read();
        if (follower.now?.status.account_id !== request.identity.accountId)
          throw errors.notFound('There is no such request.');
        if (seen.end && isEnded(follower.now.status.state)) {
          follower[Symbol.dispose]();
          // Browsers come back by themselves after every end, but not after this.
          return reply.code(204).header('cache-control', 'no-store').send();
        }
        const stream = context.streams.open(request, reply, {
          closed: () => follower[Symbol.dispose](),
          drained: () => teller?.tell(),
        });
        teller = createTeller(stream, follower, seen, {
          baseUrl: baseUrlOf(context.config, request),
          includeCost: request.query.include_cost === true,
        });
      } catch (error) {
        follower[Symbol.dispose]();
        throw error;
      }
      teller.tell();
      return reply;
    },
  );
}
