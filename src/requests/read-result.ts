/** One request with everything that is known of it, and pages of an account's requests. */
import { type Queryable, statement } from '../db/database.ts';
import type { Failure } from '../errors.ts';
import { type FileRow, readOutputs } from '../files/file-records.ts';
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
  outputs: FileRow[];
}

const COLUMNS = `r.id, r.account_id, r.model_id, r.state, r.input, r.sync_mode, r.seed, r.rounds, r.done, r.fraction, r.cost,
  r.created_at, r.started_at, r.ended_at, r.backend, r.adjustments, r.warnings, r.failure`;

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
  return row && { ...row, outputs: row.state === 'completed' ? await readOutputs(db, row.id) : [] };
}

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

const historyStatements = new Map<string, ReturnType<typeof statement<Omit<ResultRow, 'outputs'>>>>();

// Ids sort by time, so the index of the history finds the stretch that the times then cut exactly. Synchronous requests
// leave nothing in it.
function historyStatement(status: ResultStatus | undefined, byModel: boolean) {
  const name = `list_requests_${status ?? 'any'}${byModel ? '_of_model' : ''}`;
  const known = historyStatements.get(name);
  if (known) return known;
  const text = `select ${COLUMNS} from requests r
    where r.account_id = $1 and r.id >= $2 and r.id < $3 and not r.sync_mode
      and r.created_at >= coalesce($5, '-infinity'::timestamptz) and r.created_at < coalesce($6, 'infinity'::timestamptz)
      ${status ? `and ${FILTERS[status]}` : ''} ${byModel ? 'and r.model_id = $7' : ''}
    order by r.id desc
    limit $4`;
  const made = statement<Omit<ResultRow, 'outputs'>>(name, text);
  historyStatements.set(name, made);
  return made;
}

const selectOutputsOf = statement<FileRow>(
  'read_outputs_of_many',
  `select id, account_id, kind, request_id, round, ordinal, name, content_type, bytes, width, height, sha256, seed, created_at, expires_at
     from files
    where request_id = any($1::uuid[]) and kind = 'output' and (expires_at is null or expires_at > now())
    order by round, ordinal`,
);

/** Newest first. @returns one more than `limit` where there is a next page. */
export async function listRequests(db: Queryable, query: HistoryQuery): Promise<ResultRow[]> {
  const { after, before, cursor } = query;
  const latest = before === undefined ? HIGHEST_ID : uuidv7Floor(Date.parse(before) + MAX_CLOCK_SKEW_MS);
  const values: unknown[] = [
    query.accountId,
    uuidv7Floor(after === undefined ? 0 : Date.parse(after) - MAX_CLOCK_SKEW_MS),
    cursor !== undefined && cursor < latest ? cursor : latest,
    query.limit + 1,
    after ?? null,
    before ?? null,
  ];
  if (query.modelId !== undefined) values.push(query.modelId);
  const rows = await db.rows(historyStatement(query.status, query.modelId !== undefined), values);
  const outputs = Map.groupBy(
    await db.rows(selectOutputsOf, [rows.map(({ id }) => id)]),
    ({ request_id }) => request_id,
  );
  return rows.map((row) => ({
    ...row,
    outputs: row.state === 'completed' ? (outputs.get(row.id) ?? []) : [],
  }));
}
