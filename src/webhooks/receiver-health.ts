/** What a receiver's answers say of it: how much it is given at once, how long it is left alone, when it is given up. */
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import type { Outcome } from './attempt.ts';
import { pauseSeconds } from './back-off.ts';
import { noteReceiverFailure, noteReceiverSuccess, type Receiver } from './receivers.ts';
import { disable } from './webhooks.ts';

export interface Health {
  /** Attempts in a row that failed; those under way at once count as one, since one cause may have ended them all. */
  failures: number;
  /** When the last of them did. */
  failedAtMs: number;
  /** Deliveries it is given at a time: one at first, twice as many with each that it takes. */
  atOnce: number;
  /** It is to be left alone for so long. */
  pauseSeconds: number;
}

const MOST_AT_ONCE = 16;
/** A receiver that has taken nothing for so long, although it was asked again and again, is gone. */
const DISABLED_AFTER_SECONDS = 3 * 86_400;
/** After something on our side went wrong, which another process may do better. */
export const OWN_PAUSE_SECONDS = 5;

const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;

/** Changes `health` by `outcome`, and disables a webhook that is gone. */
export async function noteOutcome(
  { db, log }: { db: Database; log: Logger },
  { id, webhook_id }: Receiver,
  health: Health,
  outcome: Outcome,
): Promise<void> {
  if (outcome.verdict === 'unsent') {
    // Which says nothing of the receiver.
    health.pauseSeconds = Math.max(health.pauseSeconds, OWN_PAUSE_SECONDS);
    return;
  }
  if (outcome.verdict === 'delivered') {
    health.atOnce = Math.min(MOST_AT_ONCE, health.atOnce * 2);
    if (health.failures > 0) await noteReceiverSuccess(db, id);
    health.failures = 0;
    return;
  }
  health.atOnce = 1;
  const isOneMore = outcome.at.getTime() >= health.failedAtMs;
  if (isOneMore) {
    health.failedAtMs = Date.now();
    health.failures++;
  }
  health.pauseSeconds = Math.max(health.pauseSeconds, pauseSeconds(health.failures), askedFor(outcome));
  const reason = whyGone(outcome, await noteReceiverFailure(db, id, isOneMore ? 1 : 0));
  if (webhook_id === null || reason === undefined || !(await disable(db, webhook_id, reason))) return;
  log.warn({ webhook_id, reason }, 'a webhook was disabled');
  // What waits for it is given up at the next look, which need not wait.
  health.pauseSeconds = 0;
}

/** Two answers speak for the receiver, others for the one event. */
const askedFor = ({ status, retryAfterSeconds = 0 }: Outcome): number =>
  status === TOO_MANY_REQUESTS || status === UNAVAILABLE ? retryAfterSeconds : 0;

function whyGone({ verdict, error }: Outcome, failingSeconds: number): string | undefined {
  if (verdict === 'gone') return 'it answered 410 Gone';
  if (failingSeconds <= DISABLED_AFTER_SECONDS) return undefined;
  return `nothing could be delivered for ${DISABLED_AFTER_SECONDS / 86_400} days; at last it ${error}`;
}
