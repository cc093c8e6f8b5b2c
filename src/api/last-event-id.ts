/** Where a client that comes back to an event stream goes on. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';

const description = 'The `id` of the last event that was seen: the stream goes on after it.';

/** For the `schema` of an endpoint that streams. */
export const resumeHeaders = Type.Object({ 'last-event-id': Type.Optional(Type.String({ description })) });
/** Among the fields of its query: for clients that cannot send headers. */
export const resumeQuery = {
  last_event_id: Type.Optional(
    Type.String({ description: 'As the header `Last-Event-ID`, for clients that cannot send it.' }),
  ),
};

/** The header wins: browsers send it when they come back, to a URL that stays as it was at first. */
export function lastEventId(request: FastifyRequest): string | undefined {
  const header = request.headers['last-event-id'];
  return typeof header === 'string' && header !== ''
    ? header
    : (request.query as { last_event_id?: string }).last_event_id;
}
