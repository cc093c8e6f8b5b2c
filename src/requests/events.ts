/**
 * What happens to a request and others may want to be told of. The event is written in the transaction that makes it true,
 * and handed out later. With nobody to tell, that costs one look at an index more.
 */
export const EVENT_TYPES = [
  'request.in_progress',
  'request.output',
  'request.completed',
  'request.failed',
  'request.cancelled',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The end of a request: each has exactly one of these. */
export const END_EVENTS = [
  'request.completed',
  'request.failed',
  'request.cancelled',
] as const satisfies EventType[];

/** Where a submit wants to be told of its request. */
export interface RequestedWebhook {
  url: string;
  origin: string;
  /** Not only of the end. */
  intermediate: boolean;
  /** What the URLs in payloads begin with, where the configuration does not say. */
  base_url: string;
}

/** An event as it is written down: what it tells is read from the request when it is sent. */
export interface RequestEvent {
  type: EventType;
  request_id: string;
  /** Of an output. */
  round: number | null;
  /** Outputs with that one. */
  done: number | null;
  occurred_at: string;
}

/**
 * The same for every attempt and every receiver, and not there twice: a receiver knows by it what it has seen.
 * Without a full stop, as signatures want it.
 */
export const eventId = ({
  request_id,
  type,
  round,
}: Pick<RequestEvent, 'request_id' | 'type' | 'round'>): string =>
  `evt_${request_id.replaceAll('-', '')}_${type.replace('request.', '')}${round === null ? '' : `_${round}`}`;

const END_ID =
  /^evt_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_(?:completed|failed|cancelled)$/;

/** The request whose end the event with this id tells of; undefined where it is the id of none. */
export const requestOfEvent = (id: string): string | undefined => END_ID.exec(id)?.slice(1).join('-');

interface EventSource {
  /** A row (or none) with the `id`, `account_id` and `webhook` of the request. */
  of: string;
  /** SQL: one of `EVENT_TYPES`. */
  type: string;
  /** SQL, of an output. */
  round?: string;
  done?: string;
  /** SQL, on `e`: what else must be true. */
  when?: string;
}

/**
 * A common table expression named `event`, of the statement that makes it true: it writes the event down where somebody wants to be
 * told, and has a row where it did. A statement of its own would keep what the first has locked for a trip to the server and back.
 */
const writesEvent = (
  { of, type, round = 'null', done = 'null', when = 'true' }: EventSource,
  named: string,
): string => `event as (
     insert into webhook_outbox (account_id, request_id, type, round, done)
     select e.account_id, e.id, ${type}, ${round}, ${done}
       from ${of} e
      where ${when}
        and (${named} or exists (select from webhooks w
               where w.account_id = e.account_id and w.deleted_at is null and w.disabled_at is null and ${type} = any (w.events)))
     returning id
   )`;

/** Of its end. */
export const writesEnd = (source: EventSource): string => writesEvent(source, 'e.webhook is not null');

/** Of what happens before. */
export const writesProgress = (source: EventSource): string =>
  writesEvent(source, `coalesce((e.webhook ->> 'intermediate')::boolean, false)`);
