/** Rounds and their outputs, written so that each is paid for once: every write holds the lease or does nothing. */
import { type RemoteReference, WorkHandedOver } from '../backends/backend.ts';
import { type Database, statement } from '../db/database.ts';
import type { Failure } from '../errors.ts';
import { uuidv7 } from '../lib/ids.ts';
import { storableJson } from '../lib/storable-json.ts';
import { type ClaimedRequest, renewLeases } from './claim.ts';
import { writesProgress } from './events.ts';

export interface RoundRow {
  index: number;
  id: string;
  seed: number;
  state: 'pending' | 'rendered' | 'done' | 'failed';
  /** Calls of a backend, with the one just begun. */
  attempts: number;
  backend: string | null;
  remote_reference: RemoteReference | null;
  /** Millionths of a USD. */
  cost: number;
  adjustments: string[] | null;
  failure: Failure | null;
}

/** Somebody else has the request now, or it has ended: stop, and write nothing more. */
export class LeaseLost extends WorkHandedOver {
  override name = 'LeaseLost';
}

function held<Row>(row: Row | undefined): Row {
  if (!row) throw new LeaseLost('the lease is lost');
  return row;
}

const COLUMNS = 'index, id, seed, state, attempts, backend, remote_reference, cost, adjustments, failure';

const selectRounds = statement<RoundRow>(
  'read_rounds',
  `select ${COLUMNS} from rounds where request_id = $1 order by index`,
);

export const readRounds = (db: Database, requestId: string): Promise<RoundRow[]> =>
  db.rows(selectRounds, [requestId]);

const begin = statement<RoundRow>(
  'begin_round',
  `insert into rounds as o (request_id, index, id, seed, backend, attempts)
   select r.id, $3, $4, $5, $6, 1
     from requests r
    where r.id = $1 and r.lease = $2 and r.state = 'running'
      -- one that runs out may be taken over while the backend works, and the round be paid for twice
      and r.lease_until > now() + interval '5 seconds'
   on conflict (request_id, index) do update
      set attempts = o.attempts + 1, seed = excluded.seed, backend = excluded.backend,
          id = case when $7 then excluded.id else o.id end,
          remote_reference = case when $7 then null else o.remote_reference end
   returning ${COLUMNS}`,
);

/**
 * Before every call of a backend: counts the attempt and makes sure that the request is still ours to pay for.
 * `anew`: what was tried before has failed for good, and the far side should not find it again.
 * @throws {LeaseLost}
 */
export async function beginRound(
  db: Database,
  claimed: ClaimedRequest,
  round: { index: number; seed: number; backend: string; anew: boolean },
): Promise<RoundRow> {
  const { index, seed, backend, anew } = round;
  const values = [claimed.id, claimed.lease, index, uuidv7(), seed, backend, anew];
  const begun = await db.row(begin, values);
  if (begun) return begun;
  // Whoever stood still for long may have a lease that has run out and that nobody has taken yet.
  const kept = await renewLeases(db, [claimed]);
  return held(kept.has(claimed.lease) ? await db.row(begin, values) : undefined);
}

const saveReference = statement<{ index: number }>(
  'save_remote_reference',
  `update rounds o set remote_reference = $4
     from requests r
    where o.request_id = $1 and o.index = $3 and r.id = $1 and r.lease = $2 and r.state = 'running'
   returning o.index`,
);

/** @throws {LeaseLost} */
export async function saveRemoteReference(
  db: Database,
  claimed: ClaimedRequest,
  index: number,
  reference: RemoteReference,
): Promise<void> {
  held(await db.row(saveReference, [claimed.id, claimed.lease, index, storableJson(reference)]));
}

/** A file whose bytes are in the store under its id. */
export interface OutputFile {
  id: string;
  ordinal: number;
  contentType: string;
  bytes: number;
  sha256: string;
  width: number | null;
  height: number | null;
}

const rendered = statement<{ id: string }>(
  'record_rendered',
  `with mine as (
     select id from requests where id = $1 and lease = $2 and state = 'running' for update
   ), kept as (
     update files f set expires_at = null, request_id = $1, round = $3, ordinal = t.ordinal
       from mine, unnest($6::text[], $7::smallint[]) as t (id, ordinal)
      where f.id = t.id
   )
   update rounds o set state = 'rendered', cost = $4, adjustments = $5
     from mine
    where o.request_id = mine.id and o.index = $3
   returning o.id`,
);

/** What the backend gave is stored as it came: from here on the round is never called again. @throws {LeaseLost} */
export async function recordRendered(
  db: Database,
  claimed: ClaimedRequest,
  round: { index: number; cost: number; adjustments: string[] },
  rawFileIds: string[],
): Promise<void> {
  const values = [
    claimed.id,
    claimed.lease,
    round.index,
    round.cost,
    storableJson(round.adjustments),
    rawFileIds,
    rawFileIds.map((_, ordinal) => ordinal),
  ];
  held(await db.row(rendered, values));
}

const recordDone = statement<{ told: boolean }>(
  'record_outputs',
  `with fresh as (
     -- counted once, however often a lost answer makes us say it
     select count(*)::smallint as rounds from rounds where request_id = $1 and index = $3 and state <> 'done'
   ), mine as (
     update requests
        set done = done + fresh.rounds, version = version + 1
       from fresh
      where id = $1 and lease = $2 and state = 'running'
     returning id, account_id, webhook, done, fresh.rounds as fresh
   ), finished as (
     update rounds o set state = 'done', cost = $4, adjustments = $5, remote_reference = null
       from mine
      where o.request_id = mine.id and o.index = $3
   ), raw as (
     update files f set expires_at = now() from mine where f.request_id = mine.id and f.round = $3 and f.kind = 'raw'
   ), kept as (
     update files f
        set expires_at = null, request_id = mine.id, round = $3, seed = $6, ordinal = t.ordinal, content_type = t.content_type,
            bytes = t.bytes, sha256 = t.sha256, width = t.width, height = t.height
       from mine,
            unnest($7::text[], $8::smallint[], $9::text[], $10::bigint[], $11::text[], $12::int[], $13::int[])
              as t (id, ordinal, content_type, bytes, sha256, width, height)
      where f.id = t.id
     returning f.id
   ), ${writesProgress({
     of: 'mine',
     type: `'request.output'`,
     round: '$3::smallint',
     done: 'e.done',
     when: 'e.fresh > 0 and exists (select from kept)',
   })}
   select exists (select from event) as told from mine where exists (select from kept)`,
);

/**
 * The round's outputs are in the store and from now on the request's.
 * @returns whether others are to be told.
 * @throws {LeaseLost}
 */
export async function recordOutputs(
  db: Database,
  claimed: ClaimedRequest,
  round: { index: number; seed: number; cost: number; adjustments: string[] },
  files: OutputFile[],
): Promise<boolean> {
  const column = <Value>(read: (file: OutputFile) => Value): Value[] => files.map(read);
  const values = [
    claimed.id,
    claimed.lease,
    round.index,
    round.cost,
    storableJson(round.adjustments),
    round.seed,
    column(({ id }) => id),
    column(({ ordinal }) => ordinal),
    column(({ contentType }) => contentType),
    column(({ bytes }) => bytes),
    column(({ sha256 }) => sha256),
    column(({ width }) => width),
    column(({ height }) => height),
  ];
  return held(await db.row(recordDone, values)).told;
}

const recordFailed = statement<{ index: number }>(
  'record_round_failure',
  `insert into rounds as o (request_id, index, id, seed, state, failure)
   select r.id, $3, $4, $5, 'failed', $6 from requests r where r.id = $1 and r.lease = $2 and r.state = 'running'
   on conflict (request_id, index) do update set state = 'failed', failure = excluded.failure, remote_reference = null
   returning index`,
);

/** The round is over without an output, and is not tried again by a later run. @throws {LeaseLost} */
export async function recordRoundFailure(
  db: Database,
  claimed: ClaimedRequest,
  round: { index: number; seed: number },
  failure: Failure,
): Promise<void> {
  held(
    await db.row(recordFailed, [
      claimed.id,
      claimed.lease,
      round.index,
      uuidv7(),
      round.seed,
      storableJson(failure),
    ]),
  );
}
