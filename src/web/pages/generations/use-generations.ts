import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { HistoryEntry } from '../../../client/index.ts';
import { useDarkroom } from '../../session/account.tsx';
import type { GenerationsSearch } from './search.ts';

const PAGE_SIZE = 24;
const DAY_MS = 86_400_000;
/** While something on the page still moves. */
const REFRESH_MS = 3000;

/** The account's requests, newest first, page after page. */
export function useGenerations({ status, model, key, days }: GenerationsSearch) {
  const darkroom = useDarkroom();
  // Fixed for as long as the filter is: pages must fit together.
  const after = useMemo(
    () => (days ? new Date(Date.now() - Number(days) * DAY_MS).toISOString() : undefined),
    [days],
  );
  return useInfiniteQuery({
    queryKey: ['requests', { status, model, key, after }],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      darkroom.requests
        .list({ status, modelId: model, keyId: key, after, limit: PAGE_SIZE, signal })
        .page(pageParam || null),
    getNextPageParam: ({ next_cursor }) => next_cursor,
    // More than the first pages are not asked for again and again.
    refetchInterval: ({ state: { data } }) =>
      data && data.pages.length <= 2 && data.pages.some(({ requests }) => requests.some(isMoving))
        ? REFRESH_MS
        : false,
  });
}

export const isMoving = ({ status }: Pick<HistoryEntry, 'status'>): boolean =>
  status === 'in_queue' || status === 'in_progress';
