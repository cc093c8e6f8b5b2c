/** After a restore: what had not ended when the backup was made has run since, most likely, and was paid for. */
import { randomUUID } from 'node:crypto';
import {
  type ClaimedRequest,
  claimRequest,
  expireAllLeases,
  requeueLostRequests,
  takeOverLostRequest,
} from './claim.ts';
import { readQueue } from './overview.ts';
import { type EndContext, endAbandonedRequest } from './run-request.ts';

/** Of nothing that runs: each is ended at once. */
const TIMEOUT_MS = 60_000;

/**
 * Ends all requests that wait or run, with the images that they have. For nobody but who knows that no worker lives.
 * @returns how many there were
 */
export async function abandonUnfinished(context: EndContext): Promise<number> {
  const { db } = context;
  let ended = 0;
  const endAll = async (next: () => Promise<ClaimedRequest | undefined>): Promise<void> => {
    for (let claimed = await next(); claimed; claimed = await next()) {
      await endAbandonedRequest(context, claimed, new AbortController().signal);
      ended++;
    }
  };
  await expireAllLeases(db);
  while ((await requeueLostRequests(db)).length > 0);
  await endAll(() => takeOverLostRequest(db, randomUUID()));
  for (const { pool } of await readQueue(db))
    await endAll(() => claimRequest(db, pool, randomUUID(), TIMEOUT_MS));
  return ended;
}
