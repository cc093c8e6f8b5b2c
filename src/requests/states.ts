/** The states a request is in, inside and on the wire. */
import type { Failure } from '../errors.ts';

/** As stored. `completed` has at least one output; `failed` has none. */
export type State = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';

/** `status` in a status answer: never another word, since clients loop until they see one of the last two. */
export type PublicStatus = 'in_queue' | 'in_progress' | 'completed' | 'cancelled';

/** `status` in a result answer, which tells a failed request apart. */
export type ResultStatus = PublicStatus | 'failed';

export const isEnded = (state: State): boolean =>
  state === 'completed' || state === 'failed' || state === 'cancelled';

/**
 * What a client sees. A request that was given back to the queue after it had started stays in progress:
 * for the client a state never goes back.
 */
export function resultStatus(row: { state: State; started_at: string | null }): ResultStatus {
  if (row.state === 'queued') return row.started_at === null ? 'in_queue' : 'in_progress';
  if (row.state === 'running') return 'in_progress';
  return row.state;
}

export function publicStatus(row: { state: State; started_at: string | null }): PublicStatus {
  const status = resultStatus(row);
  return status === 'failed' ? 'completed' : status;
}

/** Something the caller should know that did not stop the request. `field` where it is about one of the input. */
export interface Warning {
  field?: string;
  message: string;
  /** Set where a round gave no output. */
  error?: Failure;
}
