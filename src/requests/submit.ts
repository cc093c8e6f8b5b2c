/**
 * A submit is answered when its transaction is durable. Concurrent submits share one transaction: they are
 * admitted together (idempotency, room in the queue, budgets) and inserted with one statement.
 */
import { type Database, isUnavailable } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { ApiError, errors } from '../errors.ts';
import { createBatcher } from '../lib/batcher.ts';
import { within } from '../tracing/span.ts';
import { admit } from './admit.ts';
import type { Submission, SubmitAnswer } from './submission.ts';

export type Submit = (submission: Submission) => Promise<SubmitAnswer>;

/** Large enough for every connection of a busy server, small enough to be admitted in a few milliseconds. */
const MAX_BATCH = 128;
/** While one is on its way to the disk, the next is prepared. More wait for each other's locks where one account sends them. */
const BATCHES_AT_ONCE = 2;

export function createSubmit(db: Database, notifications: Notifications): Submit {
  const inFlight = new Set<string>();
  const batched = createBatcher<Submission, SubmitAnswer>({
    maxSize: MAX_BATCH,
    concurrency: BATCHES_AT_ONCE,
    run: async (submissions) => {
      const answers = await admitAll(db, submissions);
      notifications.publish('queue', [...new Set(submissions.map(({ pool }) => pool))]);
      for (const { span } of submissions) span?.set({ 'darkroom.batch_size': submissions.length });
      return answers;
    },
  });
  /** The wait for the transaction, which it may share with others. */
  const commit = (submission: Submission): Promise<SubmitAnswer> =>
    submission.span
      ? within(submission.span.child('commit'), codeOf, () => batched(submission))
      : batched(submission);

  return async (submission) => {
    if (!submission.idempotency) return commit(submission);
    const claim = `${submission.identity.accountId} ${submission.idempotency.key}`;
    if (inFlight.has(claim)) {
      throw errors.conflict(
        'A request with this Idempotency-Key is still being accepted. Send it again in a second.',
        1,
      );
    }
    inFlight.add(claim);
    try {
      return await commit(submission);
    } finally {
      inFlight.delete(claim);
    }
  };
}

/** What is refused is no failure of ours. */
const codeOf = (error: unknown): string | undefined => (error instanceof ApiError ? undefined : 'internal');

/** Should one of them be more than the database takes, only that one is refused. */
async function admitAll(db: Database, submissions: Submission[]): Promise<(SubmitAnswer | Error)[]> {
  try {
    return await admit(db, submissions);
  } catch (error) {
    if (submissions.length === 1 || isUnavailable(error)) throw error;
    const half = submissions.length >> 1;
    const answers: (SubmitAnswer | Error)[] = [];
    for (const part of [submissions.slice(0, half), submissions.slice(half)]) {
      const refuseAll = (reason: unknown): Error[] =>
        part.map(() => (reason instanceof Error ? reason : new Error(String(reason))));
      answers.push(...(await admitAll(db, part).catch(refuseAll)));
    }
    return answers;
  }
}
