/** What the page of usage shows, as it stands in the URL. */
export const DAYS = ['7', '30', '90'] as const;
export const GROUPS = ['day', 'model', 'key'] as const;
export const MEASURES = ['cost', 'outputs'] as const;

export interface UsageSearch {
  days?: (typeof DAYS)[number];
  by?: (typeof GROUPS)[number];
  show?: (typeof MEASURES)[number];
}

/** What is unknown, or as it is without, is left out. */
export function readUsageSearch(search: Record<string, unknown>): UsageSearch {
  const days = DAYS.find((value) => value === String(search.days));
  const by = GROUPS.find((value) => value === search.by);
  const show = MEASURES.find((value) => value === search.show);
  return {
    ...(days && days !== '30' && { days }),
    ...(by && by !== 'day' && { by }),
    ...(show && show !== 'cost' && { show }),
  };
}

const DAY_MS = 86_400_000;

/** Whole days (UTC), today the last of them. */
export function rangeOf(days: number, now = Date.now()): { from: string; to: string; days: string[] } {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const first = today - (days - 1) * DAY_MS;
  const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  return {
    from: dayOf(first),
    to: dayOf(today + DAY_MS),
    days: Array.from({ length: days }, (_, index) => dayOf(first + index * DAY_MS)),
  };
}
