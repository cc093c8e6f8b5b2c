/** Requests with everything that is known of them: one, many at once, and pages of an account's. */
import { type Queryable, statement } from '../db/database.ts';
import type { Failure } from '../errors.ts';
import { type FileRow, readOutputs } from '../files/file-records.ts';
import { createBatcher } from '../lib/batcher.ts';
import { uuidv7Floor } from '../lib/ids.ts';
import type { ResultStatus, State, Warning } from './states.ts';

export interface ResultRow {
  id: string;
  account_id: string;
  model_id: string;
  state: State;
  input: Record<string, unknown>;
  sync_mode: boolean;
  seed: number;
  rounds: number;
  done: number;
  fraction: number | null;
  /** Millionths of a USD. */
  cost: number;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  backend: string | null;
  adjustments: string[] | null;
  warnings: Warning[] | null;
  failure: Failure | null;
  /** Those that are finished, also while others are still made. */
  outputs: FileRow[];
}

/** A result does not show the input. */
export type Outcome = Omit<ResultRow, 'input'> & {
  /** What its trace goes on from, where it is traced and that was asked for. */
  trace?: string | null;
};

const OUTCOME_COLUMNS = `r.id, r.account_id, r.model_id, r.state, r.sync_mode, r.seed, r.rounds, r.done, r.fraction, r.cost,
  r.created_at, r.started_at, r.ended_at, r.backend, r.adjustments, r.warnings, r.failure`;
const COLUMNS = `${OUTCOME_COLUMNS}, r.input`;

const selectResult = statement<Omit<ResultRow, 'outputs'>>(
  'read_result',
  `select ${COLUMNS} from requests r where r.id = $1 and r.account_id = $2`,
);

export async function readResult(
  db: Queryable,
  accountId: string,
  requestId: string,
): Promise<ResultRow | undefined> {
  const row = await db.row(selectResult, [requestId, accountId]);
  return row && { ...row, outputs: row.done > 0 ? await readOutputs(db, row.id) : [] };
}

const selectOutputsOf = statement<FileRow>(
  'read_outputs_of_many',
  `select id, account_id, kind, request_id, round, ordinal, name, content_type, bytes, width, height, sha256, seed, created_at, expires_at
     from files
    where request_id = any($1::uuid[]) and kind in ('output', 'sync') and (expires_at is null or expires_at > now())
    order by round, ordinal`,
);

async function withOutputs<Row extends Omit<Outcome, 'outputs'>>(
  db: Queryable,
  rows: Row[],
): Promise<(Row & { outputs: FileRow[] })[]> {
  const ids = rows.filter(({ done }) => done > 0).map(({ id }) => id);
  const files = ids.length > 0 ? await db.rows(selectOutputsOf, [ids]) : [];
  const outputs = Map.groupBy(files, ({ request_id }) => request_id);
  return rows.map((row) => ({ ...row, outputs: outputs.get(row.id) ?? [] }));
}

const selectOutcomes = statement<Omit<Outcome, 'outputs'>>(
  'read_outcomes',
  `select ${OUTCOME_COLUMNS}, r.trace from requests r where r.id = any($1::uuid[])`,
);

const MAX_BATCH = 256;

export type ReadOutcome = (requestId: string) => Promise<Outcome | undefined>;

/** @returns a function that reads one outcome, of any account; all callers of one turn share the queries. */
export const createReadOutcome = (db: Queryable): ReadOutcome =>
  createBatcher<string, Outcome | undefined>({
    maxSize: MAX_BATCH,
    concurrency: 1,
    run: async (ids) => {
      // Outputs after the rows: one that has ended is never read without all of its outputs.
      const outcomes = await withOutputs(db, await db.rows(selectOutcomes, [ids]));
      const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
      return ids.map((id) => byId.get(id));
    },
  });

/** What a status filter means inside. One that was given back to the queue after its start is in progress. */
const FILTERS: Record<ResultStatus, string> = {
  in_queue: `r.state = 'queued' and r.started_at is null`,
  in_progress: `(r.state = 'running' or (r.state = 'queued' and r.started_at is not null))`,
  completed: `r.state = 'completed'`,
  failed: `r.state = 'failed'`,
  cancelled: `r.state = 'cancelled'`,
};

export interface HistoryQuery {
  accountId: string;
  status?: ResultStatus | undefined;
  modelId?: string | undefined;
  /** Submitted with this key. */
  keyId?: string | undefined;
  /** ISO 8601: created at or after, and before. */
  after?: string | undefined;
  before?: string | undefined;
  /** Only older than this request. */
  cursor?: string | undefined;
  limit: number;
}

const HIGHEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** An id is drawn by a process's clock, `created_at` is the database's. */
const MAX_CLOCK_SKEW_MS = 600_000;

/** Where few of many requests fit a filter, a page looks at this many times four and goes on in the next. */
const STRETCH = 5000;
const MAX_STRETCHES = 4;

// Ids sort by time, so the index of the history finds the stretch that the times then cut exactly. Synchronous requests
// leave nothing in it.
const ACCOUNTS = `r.account_id = $1 and r.id >= $2 and r.id < $3`;
const selectStretchEnd = statement<{ id: string }>(
  'end_of_history_stretch',
  `select r.id from requests r where ${ACCOUNTS} order by r.id desc offset ${STRETCH - 1} limit 1`,
);

const historyStatements = new Map<string, ReturnType<typeof statement<Omit<ResultRow, 'outputs'>>>>();

function historyStatement({ status, modelId, keyId }: HistoryQuery) {
  const name = `list_requests_${status ?? 'any'}${modelId === undefined ? '' : '_of_model'}${keyId === undefined ? '' : '_of_key'}`;
  const known = historyStatements.get(name);
  if (known) return known;
  const text = `select ${COLUMNS}
     from (select * from requests r where ${ACCOUNTS} order by r.id desc limit ${STRETCH}) r
    where not r.sync_mode
      and r.created_at >= coalesce($5, '-infinity'::timestamptz) and r.created_at < coalesce($6, 'infinity'::timestamptz)
      ${status ? `and ${FILTERS[status]}` : ''} ${modelId === undefined ? '' : 'and r.model_id = $7'}
      ${keyId === undefined ? '' : `and r.key_id = $${modelId === undefined ? 7 : 8}`}
    order by r.id desc
    limit $4`;
  const made = statement<Omit<ResultRow, 'outputs'>>(name, text);
  historyStatements.set(name, made);
  return made;
}

export interface HistoryPage {
  requests: ResultRow[];
  /** The next page is of those older than this request; null where there is none. */
  next: string | null;
}

/** Newest first. A page is short, even empty, where it had to look at many requests for those that fit. */
export async function listRequests(db: Queryable, query: HistoryQuery): Promise<HistoryPage> {
  const { after, before, cursor, limit, modelId, keyId } = query;
  const latest = before === undefined ? HIGHEST_ID : uuidv7Floor(Date.parse(before) + MAX_CLOCK_SKEW_MS);
  const earliest = uuidv7Floor(after === undefined ? 0 : Date.parse(after) - MAX_CLOCK_SKEW_MS);
  const filter = [after ?? null, before ?? null, ...[modelId, keyId].filter((value) => value !== undefined)];
  const select = historyStatement(query);

  const found: Omit<ResultRow, 'outputs'>[] = [];
  let from: string | null = cursor !== undefined && cursor < latest ? cursor : latest;
  for (let stretch = 0; from !== null && stretch < MAX_STRETCHES; stretch++) {
    const range: string[] = [query.accountId, earliest, from];
    const wanted = limit - found.length;
    const rows: Omit<ResultRow, 'outputs'>[] = await db.rows(select, [...range, wanted + 1, ...filter]);
    found.push(...rows.slice(0, wanted));
    if (rows.length > wanted) {
      from = found.at(-1)!.id;
      break;
    }
    from = (await db.row(selectStretchEnd, range))?.id ?? null;
  }
  return { requests: await withOutputs(db, found), next: from };
}
