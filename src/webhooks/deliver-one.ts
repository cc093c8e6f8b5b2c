/** One delivery: composed, sent, and what came of it written down. */
import type { Logger } from 'pino';
import { isUnavailable } from '../db/database.ts';
import type { SafeFetch } from '../files/safe-fetch.ts';
import { SealedElsewhere } from '../lib/secret-box.ts';
import { persistently } from '../requests/persistently.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { attempt, type Outcome } from './attempt.ts';
import { backOffSeconds } from './back-off.ts';
import { type ComposeContext, compose } from './compose.ts';
import type { Receiver } from './receivers.ts';
import { giveUpDelivery, type RecordAttempt } from './record.ts';
import type { Slots } from './slots.ts';
import type { DueDelivery, Taken } from './take.ts';
import { traceAttempt } from './trace-attempt.ts';

export interface DeliverContext extends ComposeContext {
  log: Logger;
  post: SafeFetch['post'];
  tracing: Tracing;
  /** How an attempt ended. */
  observe(outcome: string): void;
}

export interface Delivering extends DeliverContext {
  record: RecordAttempt;
  slots: Slots;
  /** From then on nothing goes on. */
  cutOff: AbortSignal;
}

/** How long the outcome of an attempt waits for a database that is gone. */
const RECORDING_PATIENCE_MS = 60_000;

/**
 * @returns what came of it; undefined when there was nothing to send.
 * @throws when the database is gone, or the signal's reason: then nothing is known of it, and it is made again
 */
export async function deliverOne(
  delivering: Delivering,
  receiver: Receiver,
  delivery: DueDelivery,
  secrets: Taken['secrets'],
): Promise<Outcome | undefined> {
  const { db, record, slots, observe, cutOff } = delivering;
  using _slot = await slots.take(cutOff);
  const outcome = await tryIt(delivering, receiver, delivery, secrets);
  if (!outcome) {
    await giveUpDelivery(db, delivery.id, 'the request was deleted');
    return undefined;
  }
  const retrySeconds = Math.max(backOffSeconds(delivery.tries + 1), outcome.retryAfterSeconds ?? 0);
  const patience = AbortSignal.any([cutOff, AbortSignal.timeout(RECORDING_PATIENCE_MS)]);
  await persistently(() => record({ deliveryId: delivery.id, outcome, retrySeconds }), patience);
  observe(labelOf(outcome));
  return outcome;
}

async function tryIt(
  delivering: Delivering,
  receiver: Receiver,
  delivery: DueDelivery,
  secrets: Taken['secrets'],
): Promise<Outcome | undefined> {
  const at = new Date();
  try {
    const message = await compose(delivering, receiver, delivery, secrets);
    if (!message) return undefined;
    const { post, tracing, cutOff } = delivering;
    return await traceAttempt(tracing, message.trace, delivery, (headers) =>
      attempt(post, { ...message, headers: { ...message.headers, ...headers } }, cutOff),
    );
  } catch (error) {
    delivering.cutOff.throwIfAborted();
    if (isUnavailable(error)) throw error;
    delivering.log.error({ err: error, delivery_id: delivery.id }, 'a webhook could not be sent');
    return {
      verdict: 'unsent',
      at,
      durationMs: 0,
      status: null,
      error:
        error instanceof SealedElsewhere
          ? 'could not be signed: its secret cannot be decrypted on this server any more; rotate it'
          : 'could not be sent: something went wrong on our side',
      excerpt: null,
      retryAfterSeconds: undefined,
    };
  }
}

const labelOf = ({ verdict, status }: Outcome): string => {
  if (verdict === 'delivered' || verdict === 'unsent') return verdict;
  return status === null ? 'unreachable' : `${Math.floor(status / 100)}xx`;
};
