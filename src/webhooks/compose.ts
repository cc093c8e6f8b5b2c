/** What is sent: made of the request as it is now, since nothing of it is kept with the delivery, and signed. */
import type { Database } from '../db/database.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import { eventId, type RequestEvent } from '../requests/events.ts';
import type { ReadOutcome, Outcome as RequestOutcome } from '../requests/read-result.ts';
import type { Message } from './attempt.ts';
import type { Receiver } from './receivers.ts';
import { openSecret, readSecrets, type SecretRow } from './secrets.ts';
import { sign } from './sign.ts';
import type { DueDelivery } from './take.ts';

export interface Payload {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** An event as others are told of it. */
export type Render = (event: RequestEvent, request: RequestOutcome, baseUrl: string) => Payload;

export interface ComposeContext {
  db: Database;
  box: SecretBox;
  readOutcome: ReadOutcome;
  render: Render;
  /** What URLs begin with; undefined: as who registered or submitted wrote it. */
  publicUrl: string | undefined;
}

/** What is told, and as whom. */
export type Told = Pick<
  DueDelivery,
  'id' | 'request_id' | 'type' | 'round' | 'done' | 'occurred_at' | 'base_url'
>;

/** `webhook-id`: the same for every attempt. */
export const messageId = ({
  id,
  request_id,
  type,
  round,
}: Pick<Told, 'id' | 'request_id' | 'type' | 'round'>): string =>
  request_id === null || type === 'webhook.test'
    ? `evt_${id.replaceAll('-', '')}_test`
    : eventId({ request_id, type, round });

type TellContext = Pick<ComposeContext, 'readOutcome' | 'render' | 'publicUrl'>;

/** @returns undefined when the request is gone, and with it all there is to tell. */
export const payloadOf = async (context: TellContext, delivery: Told): Promise<Payload | undefined> =>
  (await tell(context, delivery))?.payload;

async function tell(
  { readOutcome, render, publicUrl }: TellContext,
  delivery: Told,
): Promise<{ payload: Payload; trace: string | null } | undefined> {
  const { request_id, type, round, done, occurred_at, base_url } = delivery;
  if (request_id === null || type === 'webhook.test') {
    const data = { delivery_id: delivery.id, message: 'If you can verify this, you can verify all.' };
    return { payload: { type: 'webhook.test', timestamp: occurred_at, data }, trace: null };
  }
  const request = await readOutcome(request_id);
  if (!request) return undefined;
  const event = { type, request_id, round, done, occurred_at };
  return { payload: render(event, request, publicUrl ?? base_url), trace: request.trace ?? null };
}

/**
 * @returns what to send, and the request's trace; undefined when the request is gone.
 * @throws {SealedElsewhere} when there is no secret that can be read.
 */
export async function compose(
  context: ComposeContext,
  receiver: Pick<Receiver, 'account_id' | 'webhook_id'>,
  delivery: DueDelivery,
  secrets: Pick<SecretRow, 'id' | 'sealed'>[],
): Promise<(Message & { trace: string | null }) | undefined> {
  const told = await tell(context, delivery);
  if (!told) return undefined;
  const owner = { accountId: receiver.account_id, webhookId: receiver.webhook_id };
  const held = secrets.length > 0 ? secrets : await readSecrets(context.db, context.box, owner);
  const body = JSON.stringify(told.payload);
  const keys = readable(context.box, held);
  const headers = { ...sign(keys, messageId(delivery), Date.now(), body) };
  return { url: delivery.url, headers, body, trace: told.trace };
}

/** Those that can be opened: a receiver who knows one of them is served. @throws when there is none. */
function readable(box: SecretBox, secrets: Pick<SecretRow, 'id' | 'sealed'>[]): Buffer[] {
  let failure: unknown;
  const keys = secrets.flatMap((secret) => {
    try {
      return [openSecret(box, secret)];
    } catch (error) {
      failure = error;
      return [];
    }
  });
  if (keys.length === 0) throw failure;
  return keys;
}
