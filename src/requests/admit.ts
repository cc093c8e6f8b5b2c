/** Which of several submits may come in (idempotency, room in the queue, budgets), and the rows of those that may. */
import { type Queryable, statement } from '../db/database.ts';
import type { ApiError } from '../errors.ts';
import { uuidv7 } from '../lib/ids.ts';
import { accountsOf, lanesOf, ownersOf, refuseOverBudget, refuseOverQueue } from './batch-limits.ts';
import { replayKnown, withKey } from './replay-known.ts';
import { type Entry, isOpen, type Submission, type SubmitAnswer } from './submission.ts';

/** Why nothing came in: a key was used before, or there is no room for all of them. */
type Hindrance = { used_keys: true } | { waiting: Record<string, number>; committed: Record<string, number> };

/** What it does is in the migration `0010-admit.sql`. */
const admitRequests = statement<{ hindrance: Hindrance | null }>(
  'admit_requests',
  `select admit_requests($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
                         $25, $26, $27, $28) as hindrance`,
);

/**
 * Decides over all of `submissions`, in their order, and inserts those that may come in. Nearly always all may: the others are found
 * by what stood in the way, and left out of the next try.
 */
export async function admit(db: Queryable, submissions: Submission[]): Promise<(SubmitAnswer | ApiError)[]> {
  const entries: Entry[] = submissions.map((submission) => ({
    submission,
    requestId: uuidv7(),
    outcome: undefined,
  }));
  for (let open = entries; open.length > 0; open = open.filter(isOpen)) {
    const { hindrance } = (await db.row(admitRequests, valuesOf(open)))!;
    if (!hindrance) for (const entry of open) entry.outcome = { requestId: entry.requestId, replayed: false };
    else if ('used_keys' in hindrance) await replayKnown(db, open);
    else {
      refuseOverQueue(open, hindrance.waiting);
      refuseOverBudget(open, hindrance.committed);
    }
  }
  return entries.map(({ outcome }) => outcome!);
}

/** An array of UUIDs, numbers or truth values: nothing in it has to be escaped, which takes longer than all else. */
const plain = (values: (string | number | boolean)[]): string => `{${values.join(',')}}`;

function valuesOf(entries: Entry[]): unknown[] {
  const keyed = withKey(entries);
  const accounts = accountsOf(entries);
  const lanes = lanesOf(accounts);
  const owners = [...ownersOf(entries).values()];
  // Lane by lane: what has come first has the lower place.
  const inLanes = lanes.flat();
  const column = <Value>(read: (submission: Submission) => Value): Value[] =>
    inLanes.map(({ submission }) => read(submission));
  const files = inLanes.flatMap(({ submission, requestId }) =>
    submission.fileIds.map((fileId) => ({ fileId, requestId })),
  );
  return [
    plain(keyed.map(({ submission }) => submission.identity.accountId)),
    keyed.map(({ submission }) => submission.idempotency!.key),
    keyed.map(({ submission }) => submission.idempotency!.fingerprint),
    plain(keyed.map(({ requestId }) => requestId)),

    plain(lanes.map(([first]) => first!.submission.identity.accountId)),
    lanes.map(([first]) => first!.submission.pool),
    plain(lanes.map(([first]) => first!.submission.identity.maxRunning)),
    plain(lanes.map((lane) => lane.length)),

    plain(accounts.map(({ accountId }) => accountId)),
    plain(accounts.map(({ maxQueued }) => maxQueued)),

    plain(owners.map(({ ownerId }) => ownerId)),
    plain(owners.map(({ amount }) => amount)),
    owners.map(({ budget }) => budget),

    plain(inLanes.map(({ requestId }) => requestId)),
    plain(lanes.flatMap((lane, index) => lane.map(() => index + 1))),
    plain(lanes.flatMap((lane) => lane.map((_, index) => index + 1))),
    plain(column(({ identity }) => identity.keyId)),
    column(({ modelId }) => modelId),
    plain(column(({ syncMode }) => syncMode)),
    plain(column(({ seed }) => seed)),
    plain(column(({ rounds }) => rounds)),
    plain(column(({ reserve }) => reserve)),
    column(({ warnings }) => (warnings.length > 0 ? JSON.stringify(warnings) : null)),
    column(({ webhook }) => (webhook ? JSON.stringify(webhook) : null)),
    column(({ span }) => span?.context ?? null),
    JSON.stringify(column(({ input }) => input)),

    files.map(({ fileId }) => fileId),
    plain(files.map(({ requestId }) => requestId)),
  ];
}
