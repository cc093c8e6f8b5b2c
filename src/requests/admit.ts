/** Which of several submits may come in: idempotency, room in the queue, budgets; and the rows of those that may. */
import { statement, type Transaction } from '../db/database.ts';
import type { ApiError } from '../errors.ts';
import { uuidv7 } from '../lib/ids.ts';
import { countQueued, givePlaces, joinLanes, leaveLanes, refuseOverQueue } from './join-lanes.ts';
import { forgetKeys, replayKnown } from './replay-known.ts';
import { refuseOverBudget, reserve, unreserve } from './reserve-spending.ts';
import { type Entry, isOpen, type Submission, type SubmitAnswer } from './submission.ts';

/** Decides over all of `submissions`, in their order, and inserts those that may come in. */
export async function admit(
  tx: Transaction,
  submissions: Submission[],
): Promise<(SubmitAnswer | ApiError)[]> {
  const entries: Entry[] = submissions.map((submission) => ({
    submission,
    requestId: uuidv7(),
    place: 0,
    outcome: undefined,
  }));
  await replayKnown(tx, entries);

  // Counted in before it is known who fits, since nearly always all do; what did not fit is counted out again.
  const counted = entries.filter(isOpen);
  if (counted.length > 0) {
    // Asked for together, and done in this order: everybody locks lanes before money.
    const [lanes, owners, queued] = await Promise.all([
      joinLanes(tx, counted),
      reserve(tx, counted),
      countQueued(tx, counted),
    ]);
    refuseOverQueue(counted, queued);
    refuseOverBudget(counted.filter(isOpen), counted, owners);
    const refused = counted.filter((entry) => !isOpen(entry));
    if (refused.length > 0) {
      await leaveLanes(tx, refused);
      await unreserve(tx, refused);
      await forgetKeys(tx, refused);
    }
    const accepted = counted.filter(isOpen);
    if (accepted.length > 0) {
      givePlaces(accepted, lanes, counted);
      insert(tx, accepted);
      for (const entry of accepted) entry.outcome = { requestId: entry.requestId, replayed: false };
    }
  }
  return entries.map(({ outcome }) => outcome!);
}

const insertRequests = statement<never>(
  'insert_requests',
  `insert into requests (id, account_id, key_id, model_id, pool, place, input, warnings, sync_mode, seed, rounds, reserved, webhook, trace)
   select id, account_id, key_id, model_id, pool, place, input::json, warnings::jsonb, sync_mode, seed, rounds, reserved, webhook::jsonb, trace
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
                 $9::boolean[], $10::bigint[], $11::smallint[], $12::bigint[], $13::text[], $14::text[])
       as t (id, account_id, key_id, model_id, pool, place, input, warnings, sync_mode, seed, rounds, reserved, webhook, trace)`,
);
const adoptFiles = statement<never>(
  'adopt_files',
  `update files f set request_id = t.request_id, expires_at = null
     from unnest($1::text[], $2::uuid[]) as t (id, request_id)
    where f.id = t.id`,
);

function insert(tx: Transaction, entries: Entry[]): void {
  const column = <Value>(read: (submission: Submission) => Value): Value[] =>
    entries.map(({ submission }) => read(submission));
  tx.send(insertRequests, [
    entries.map(({ requestId }) => requestId),
    column(({ identity }) => identity.accountId),
    column(({ identity }) => identity.keyId),
    column(({ modelId }) => modelId),
    column(({ pool }) => pool),
    entries.map(({ place }) => place),
    column(({ input }) => JSON.stringify(input)),
    column(({ warnings }) => (warnings.length > 0 ? JSON.stringify(warnings) : null)),
    column(({ syncMode }) => syncMode),
    column(({ seed }) => seed),
    column(({ rounds }) => rounds),
    column(({ reserve: amount }) => amount),
    column(({ webhook }) => (webhook ? JSON.stringify(webhook) : null)),
    column(({ span }) => span?.context ?? null),
  ]);
  const files = entries.flatMap(({ submission, requestId }) =>
    submission.fileIds.map((fileId) => [fileId, requestId] as const),
  );
  if (files.length > 0)
    tx.send(adoptFiles, [files.map(([fileId]) => fileId), files.map(([, requestId]) => requestId)]);
}
