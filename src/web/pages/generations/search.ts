/** What the history shows, as it stands in the URL. */
import type { ResultStatus } from '../../../client/index.ts';

export const STATUSES = ['in_queue', 'in_progress', 'completed', 'failed', 'cancelled'] as const;
export const TIMES = ['1', '7', '30'] as const;

export interface GenerationsSearch {
  view?: 'list';
  status?: ResultStatus;
  model?: string;
  key?: string;
  /** Made within so many days. */
  days?: (typeof TIMES)[number];
}

/** What is unknown, or as it is without, is left out. */
export function readGenerationsSearch(search: Record<string, unknown>): GenerationsSearch {
  const status = STATUSES.find((value) => value === search.status);
  const days = TIMES.find((value) => value === String(search.days));
  return {
    ...(search.view === 'list' && { view: 'list' as const }),
    ...(status && { status }),
    ...(typeof search.model === 'string' && search.model && { model: search.model }),
    ...(typeof search.key === 'string' && search.key && { key: search.key }),
    ...(days && { days }),
  };
}
