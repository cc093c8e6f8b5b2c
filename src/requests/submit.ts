/**
 * A submit is answered when its transaction is durable. Concurrent submits share one transaction: they are
 * admitted together (idempotency, room in the queue, budgets) and inserted with one statement.
 */
import type { Identity } from '../accounts/authenticate.ts';
import { type Database, isUnavailable, type Queryable, statement } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { type ApiError, errors } from '../errors.ts';
import { createBatcher } from '../lib/batcher.ts';
import { uuidv7 } from '../lib/ids.ts';
import { toUsd } from '../lib/money.ts';
import type { Warning } from './states.ts';

export interface Submission {
  identity: Identity;
  modelId: string;
  pool: string;
  /** Validated, with defaults. */
  input: Record<string, unknown>;
  warnings: Warning[];
  syncMode: boolean;
  seed: number;
  rounds: number;
  /** The most it can cost, in millionths of a USD. */
  reserve: number;
  /** Stored files that came with it; they belong to it from now on. */
  fileIds: string[];
  idempotency: { key: string; fingerprint: Buffer } | undefined;
}

interface SubmitAnswer {
  requestId: string;
  /** It was submitted before, under the same idempotency key. */
  replayed: boolean;
}

export type Submit = (submission: Submission) => Promise<SubmitAnswer>;

/** Large enough for every connection of a busy server, small enough to be admitted in a few milliseconds. */
const MAX_BATCH = 256;
const BATCHES_AT_ONCE = 1;

export function createSubmit(db: Database, notifications: Notifications): Submit {
  const inFlight = new Set<string>();
  const batched = createBatcher<Submission, SubmitAnswer>({
    maxSize: MAX_BATCH,
    concurrency: BATCHES_AT_ONCE,
    run: async (submissions) => {
      const answers = await admitAll(db, submissions);
      notifications.publish('queue', [...new Set(submissions.map(({ pool }) => pool))]);
      return answers;
    },
  });

  return async (submission) => {
    if (!submission.idempotency) return batched(submission);
    const claim = `${submission.identity.accountId} ${submission.idempotency.key}`;
    if (inFlight.has(claim)) {
      throw errors.conflict(
        'A request with this Idempotency-Key is still being accepted. Send it again in a second.',
        1,
      );
    }
    inFlight.add(claim);
    try {
      return await batched(submission);
    } finally {
      inFlight.delete(claim);
    }
  };
}

/** Should one of them be more than the database takes, only that one is refused. */
async function admitAll(db: Database, submissions: Submission[]): Promise<(SubmitAnswer | Error)[]> {
  try {
    return await db.transaction((tx) => admit(tx, submissions));
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

interface Entry {
  submission: Submission;
  requestId: string;
  place: number;
  outcome: SubmitAnswer | ApiError | undefined;
}

/** Decides over all of `submissions`, in their order, and inserts those that may come in. */
async function admit(tx: Queryable, submissions: Submission[]): Promise<(SubmitAnswer | ApiError)[]> {
  const entries: Entry[] = submissions.map((submission) => ({
    submission,
    requestId: uuidv7(),
    place: 0,
    outcome: undefined,
  }));
  await replayKnown(
    tx,
    entries.filter(({ submission }) => submission.idempotency),
  );

  // Counted in before it is known who fits, since nearly always all do; what did not fit is counted out again.
  const counted = entries.filter(open);
  if (counted.length > 0) {
    const lanes = await joinLanes(tx, counted);
    const owners = await reserve(tx, counted);
    refuseOverQueue(counted, lanes);
    refuseOverBudget(counted.filter(open), counted, owners);
    const refused = counted.filter((entry) => !open(entry));
    if (refused.length > 0) await countOut(tx, refused);
    const accepted = counted.filter(open);
    if (accepted.length > 0) {
      givePlaces(accepted, lanes, counted);
      await insert(tx, accepted);
      for (const entry of accepted) entry.outcome = { requestId: entry.requestId, replayed: false };
    }
  }
  return entries.map(({ outcome }) => outcome!);
}

const open = (entry: Entry): boolean => entry.outcome === undefined;

// A key that is older than its keeping time is taken over as if it were new.
const claimIdempotencyKeys = statement<{ account_id: string; key: string }>(
  'claim_idempotency_keys',
  `insert into idempotency_keys as i (account_id, key, fingerprint, request_id)
   select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[]) as t (account_id, key, fingerprint, request_id)
    order by account_id, key
   on conflict (account_id, key) do update
      set fingerprint = excluded.fingerprint, request_id = excluded.request_id, created_at = now()
    where i.created_at < now() - interval '24 hours'
   returning account_id, key`,
);
const readIdempotencyKeys = statement<{
  account_id: string;
  key: string;
  fingerprint: Buffer;
  request_id: string;
}>(
  'read_idempotency_keys',
  `select i.account_id, i.key, i.fingerprint, i.request_id
     from idempotency_keys i
     join unnest($1::uuid[], $2::text[]) as t (account_id, key) on t.account_id = i.account_id and t.key = i.key`,
);

async function replayKnown(tx: Queryable, keyed: Entry[]): Promise<void> {
  if (keyed.length === 0) return;
  const name = (accountId: string, key: string): string => `${accountId} ${key}`;
  const accounts = keyed.map(({ submission }) => submission.identity.accountId);
  const keys = keyed.map(({ submission }) => submission.idempotency!.key);
  const fresh = await tx.rows(claimIdempotencyKeys, [
    accounts,
    keys,
    keyed.map(({ submission }) => submission.idempotency!.fingerprint),
    keyed.map(({ requestId }) => requestId),
  ]);
  if (fresh.length === keyed.length) return;
  const claimed = new Set(fresh.map((row) => name(row.account_id, row.key)));
  const known = new Map(
    (await tx.rows(readIdempotencyKeys, [accounts, keys])).map((row) => [name(row.account_id, row.key), row]),
  );
  for (const entry of keyed) {
    const { identity, idempotency } = entry.submission;
    const id = name(identity.accountId, idempotency!.key);
    if (claimed.has(id)) continue;
    const first = known.get(id);
    if (!first) {
      entry.outcome = errors.conflict('This Idempotency-Key has just expired. Send the request again.', 1);
      continue;
    }
    entry.outcome = first.fingerprint.equals(idempotency!.fingerprint)
      ? { requestId: first.request_id, replayed: true }
      : errors.validation([
          {
            loc: ['header', 'Idempotency-Key'],
            msg: 'was used before with another model or body; use a new key',
            type: 'idempotency_mismatch',
          },
        ]);
  }
}

interface Lane {
  account_id: string;
  pool: string;
  /** Waiting in this lane, with all of this batch. */
  queued: number;
  /** The last place given, with all of this batch. */
  enqueued: number;
  /** Waiting in the account's other lanes. */
  elsewhere: number;
}

const joinLanesStatement = statement<Lane>(
  'join_lanes',
  `insert into lanes as l (account_id, pool, max_running, queued, enqueued)
   select account_id, pool, max_running, arriving, arriving
     from unnest($1::uuid[], $2::text[], $3::int[], $4::int[]) as t (account_id, pool, max_running, arriving)
    order by account_id, pool
   on conflict (account_id, pool) do update
      set queued = l.queued + excluded.queued,
          enqueued = l.enqueued + excluded.enqueued,
          max_running = excluded.max_running
   returning l.account_id, l.pool, l.queued, l.enqueued,
             (select coalesce(sum(o.queued), 0)::int from lanes o where o.account_id = l.account_id and o.pool <> l.pool) as elsewhere`,
);

const laneName = (accountId: string, pool: string): string => `${accountId} ${pool}`;
const laneOf = ({ submission }: Entry): string => laneName(submission.identity.accountId, submission.pool);

async function joinLanes(tx: Queryable, entries: Entry[]): Promise<Map<string, Lane>> {
  const groups = [...Map.groupBy(entries, laneOf).values()];
  const rows = await tx.rows(joinLanesStatement, [
    groups.map(([first]) => first!.submission.identity.accountId),
    groups.map(([first]) => first!.submission.pool),
    groups.map(([first]) => first!.submission.identity.maxRunning),
    groups.map((group) => group.length),
  ]);
  return new Map(rows.map((row) => [laneName(row.account_id, row.pool), row]));
}

interface Owner {
  owner_id: string;
  /** Millionths of a USD this month, with all of this batch. */
  committed: number;
}

const reserveStatement = statement<Owner>(
  'reserve_spending',
  `insert into spending as s (owner_id, month, reserved)
   select owner_id, date_trunc('month', now())::date, amount
     from unnest($1::uuid[], $2::bigint[]) as t (owner_id, amount)
    order by owner_id
   on conflict (owner_id, month) do update set reserved = s.reserved + excluded.reserved
   returning s.owner_id, s.reserved + s.spent as committed`,
);

/** What each account and key of `entries` is asked for, together. */
function amounts(entries: Entry[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { submission } of entries) {
    for (const owner of [submission.identity.accountId, submission.identity.keyId]) {
      sums.set(owner, (sums.get(owner) ?? 0) + submission.reserve);
    }
  }
  return sums;
}

async function reserve(tx: Queryable, entries: Entry[]): Promise<Owner[]> {
  const sums = amounts(entries);
  return tx.rows(reserveStatement, [[...sums.keys()], [...sums.values()]]);
}

function refuseOverQueue(entries: Entry[], lanes: Map<string, Lane>): void {
  for (const [name, group] of Map.groupBy(entries, laneOf)) {
    const lane = lanes.get(name)!;
    const { maxQueued } = group[0]!.submission.identity;
    const room = Math.max(0, maxQueued - (lane.queued + lane.elsewhere - group.length));
    for (const entry of group.slice(room)) {
      entry.outcome = errors.rateLimited(
        `The queue of this account is full (${maxQueued} requests are waiting). Wait for some to finish, or cancel some.`,
        { 'retry-after': '5' },
      );
    }
  }
}

function refuseOverBudget(candidates: Entry[], counted: Entry[], owners: Owner[]): void {
  const asked = amounts(counted);
  const committed = new Map(
    owners.map((owner) => [owner.owner_id, owner.committed - asked.get(owner.owner_id)!]),
  );
  for (const entry of candidates) {
    const { identity, reserve: amount } = entry.submission;
    const limits: [string, number | null, string][] = [
      [identity.keyId, identity.keyBudget, 'API key'],
      [identity.accountId, identity.accountBudget, 'account'],
    ];
    const over = limits.find(([owner, budget]) => budget !== null && committed.get(owner)! + amount > budget);
    if (over) {
      const [owner, budget, name] = over;
      const left = toUsd(Math.max(0, budget! - committed.get(owner)!));
      entry.outcome = errors.insufficientResources(
        `The monthly budget of this ${name} has ${left} USD left of ${toUsd(budget!)} USD; this request may cost ${toUsd(amount)} USD. Raise the budget, or wait for the next month.`,
      );
      continue;
    }
    for (const [owner] of limits) committed.set(owner, committed.get(owner)! + amount);
  }
}

const leaveLanes = statement<never>(
  'leave_lanes_refused',
  `update lanes l set queued = l.queued - t.refused, enqueued = l.enqueued - t.refused
     from unnest($1::uuid[], $2::text[], $3::int[]) as t (account_id, pool, refused)
    where l.account_id = t.account_id and l.pool = t.pool`,
);
const unreserve = statement<never>(
  'unreserve_spending',
  `update spending s set reserved = s.reserved - t.amount
     from unnest($1::uuid[], $2::bigint[]) as t (owner_id, amount)
    where s.owner_id = t.owner_id and s.month = date_trunc('month', now())::date`,
);
const forgetIdempotencyKeys = statement<never>(
  'forget_idempotency_keys',
  'delete from idempotency_keys where account_id = any($1::uuid[]) and key = any($2::text[]) and request_id = any($3::uuid[])',
);

/** Takes `refused` out of the counts again. Places behind them are given anew, since the rows are still locked. */
async function countOut(tx: Queryable, refused: Entry[]): Promise<void> {
  const groups = [...Map.groupBy(refused, laneOf).values()];
  await tx.rows(leaveLanes, [
    groups.map(([first]) => first!.submission.identity.accountId),
    groups.map(([first]) => first!.submission.pool),
    groups.map((group) => group.length),
  ]);
  const sums = amounts(refused);
  await tx.rows(unreserve, [[...sums.keys()], [...sums.values()]]);
  const keyed = refused.filter(({ submission }) => submission.idempotency);
  if (keyed.length > 0) {
    await tx.rows(forgetIdempotencyKeys, [
      keyed.map(({ submission }) => submission.identity.accountId),
      keyed.map(({ submission }) => submission.idempotency!.key),
      keyed.map(({ requestId }) => requestId),
    ]);
  }
}

/** The lane's last places, in order: `counted` moved the lane on by all of its entries, and refused ones give theirs back. */
function givePlaces(accepted: Entry[], lanes: Map<string, Lane>, counted: Entry[]): void {
  const arrivals = Map.groupBy(counted, laneOf);
  for (const [name, group] of Map.groupBy(accepted, laneOf)) {
    const before = lanes.get(name)!.enqueued - arrivals.get(name)!.length;
    group.forEach((entry, index) => {
      entry.place = before + 1 + index;
    });
  }
}

const insertRequests = statement<never>(
  'insert_requests',
  `insert into requests (id, account_id, key_id, model_id, pool, place, input, warnings, sync_mode, seed, rounds, reserved)
   select id, account_id, key_id, model_id, pool, place, input::json, warnings::jsonb, sync_mode, seed, rounds, reserved
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
                 $9::boolean[], $10::bigint[], $11::smallint[], $12::bigint[])
       as t (id, account_id, key_id, model_id, pool, place, input, warnings, sync_mode, seed, rounds, reserved)`,
);
const adoptFiles = statement<never>(
  'adopt_files',
  `update files f set request_id = t.request_id, expires_at = null
     from unnest($1::text[], $2::uuid[]) as t (id, request_id)
    where f.id = t.id`,
);

async function insert(tx: Queryable, entries: Entry[]): Promise<void> {
  const column = <Value>(read: (submission: Submission) => Value): Value[] =>
    entries.map(({ submission }) => read(submission));
  await tx.rows(insertRequests, [
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
  ]);
  const files = entries.flatMap(({ submission, requestId }) =>
    submission.fileIds.map((fileId) => [fileId, requestId] as const),
  );
  if (files.length > 0)
    await tx.rows(adoptFiles, [files.map(([fileId]) => fileId), files.map(([, requestId]) => requestId)]);
}
