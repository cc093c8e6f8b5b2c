import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { HistoryEntry } from '../../../client/index.ts';
import { StatusBadge } from '../../components/badge.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Loading, Skeleton } from '../../components/skeleton.tsx';
import { mediaOf, promptOf } from './entry.ts';
import { Thumbnail } from './thumbnail.tsx';

const PLACES = [1, 2, 3, 4, 5, 6, 7, 8];
const LAYOUT = 'grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4 xl:grid-cols-4';

export function Grid({ requests }: { requests: readonly HistoryEntry[] }) {
  return (
    <ul className={LAYOUT}>
      {requests.map((request, index) => (
        <Tile key={request.request_id} request={request} eager={index < 8} />
      ))}
    </ul>
  );
}

function Tile({ request, eager }: { request: HistoryEntry; eager: boolean }) {
  const { t } = useTranslation('generations');
  const outputs = mediaOf(request).length;
  return (
    <li className="group relative min-w-0 overflow-hidden rounded-lg border border-line bg-surface shadow-card focus-within:outline-2 focus-within:outline-accent">
      <div className="relative aspect-square overflow-hidden">
        <Thumbnail request={request} eager={eager} />
        {outputs > 1 && (
          <span className="absolute top-2 right-2 rounded-md bg-raised px-1.5 py-0.5 font-medium text-ink text-xs shadow-card">
            {t('outputs', { count: outputs })}
          </span>
        )}
        {request.status !== 'completed' && (
          <span className="absolute bottom-2 left-2">
            <StatusBadge status={request.status} />
          </span>
        )}
      </div>
      <div className="p-3">
        <Link
          to="/generations/$id"
          params={{ id: request.request_id }}
          className="line-clamp-2 min-h-10 break-words text-sm outline-none after:absolute after:inset-0"
        >
          {promptOf(request)}
        </Link>
        <p className="mt-1.5 truncate text-ink-faint text-xs">
          <RelativeTime time={request.created_at} />
        </p>
      </div>
    </li>
  );
}

export function GridSkeleton() {
  return (
    <Loading className={LAYOUT}>
      {PLACES.map((place) => (
        <Skeleton key={place} className="aspect-[3/4] w-full rounded-lg" />
      ))}
    </Loading>
  );
}
