/** What a status answer is made of: as it is stored, and as it is kept. */
import type { Failure } from '../errors.ts';
import type { State, Warning } from './states.ts';

/** As the database has it. */
export interface StatusRow {
  id: string;
  account_id: string;
  model_id: string;
  state: State;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  rounds: number;
  done: number;
  fraction: number | null;
  warnings: Warning[] | null;
  failure: Failure | null;
  /** Changes with every change of the row. */
  version: number;
  /** How many of the account's requests wait before it; only of one that waits itself. */
  ahead: number | null;
}

/**
 * What is looked at again, and the rest as the text that is answered: many are kept for long and asked for often, and one text takes
 * less room, and less time to find and to write, than ten values.
 */
export interface Status extends Pick<StatusRow, Looked> {
  /** The last fields of the answer as JSON, without braces. */
  details: string;
}
type Looked = 'id' | 'account_id' | 'state' | 'started_at' | 'done' | 'version' | 'ahead';

export function statusOf(row: StatusRow): Status {
  const { id, account_id, state, started_at, done, version, ahead } = row;
  const details = JSON.stringify({
    model_id: row.model_id,
    created_at: row.created_at,
    started_at,
    completed_at: row.ended_at,
    progress: { done, total: row.rounds, ...(row.fraction !== null && { fraction: row.fraction }) },
    ...(row.warnings && { warnings: row.warnings }),
    ...(row.failure && { error: row.failure }),
  });
  return { id, account_id, state, started_at, done, version, ahead, details: details.slice(1, -1) };
}
