/** What happens in an account, as it happens. */

import type { AccountEvent } from './account-types.ts';
import { DarkroomError } from './errors.ts';
import { NoEvents, streamEvents } from './event-stream.ts';
import type { CallOptions, Transport } from './transport.ts';

export interface EventsOptions extends CallOptions {
  /** The `id` of the event after which to go on; from now on unless told. */
  after?: string | undefined;
}

export type AccountEvents = AsyncGenerator<AccountEvent, void, undefined>;

/** Long enough for any restart; what happened meanwhile is told afterwards. */
const PATIENCE_MS = 10 * 60_000;

/** Goes on after the last event whenever the connection breaks. */
export async function* accountEvents(transport: Transport, { after, signal }: EventsOptions): AccountEvents {
  try {
    const events = streamEvents(transport, { path: '/v1/events', after, signal, patienceMs: PATIENCE_MS });
    for await (const { id, event, data } of events) yield { type: event, ...JSON.parse(data), id: id ?? '' };
  } catch (error) {
    if (error instanceof NoEvents) throw new DarkroomError('This server has no events of an account.');
    throw error;
  }
}
