import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { HistoryEntry } from '../../../client/index.ts';
import { StatusBadge } from '../../components/badge.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat } from '../../lib/use-format.ts';
import { promptOf } from './entry.ts';
import { Thumbnail } from './thumbnail.tsx';

export function GenerationList({ requests }: { requests: readonly HistoryEntry[] }) {
  const { t } = useTranslation('generations');
  const { money, duration } = useFormat();
  return (
    <Table
      caption={t('title')}
      rows={requests}
      rowKey={({ request_id }) => request_id}
      columns={[
        {
          key: 'what',
          header: t('columns.what'),
          cell: (request) => (
            <div className="flex min-w-0 items-center gap-3">
              <span className="size-11 shrink-0 overflow-hidden rounded-md">
                <Thumbnail request={request} />
              </span>
              <span className="min-w-0">
                <Link
                  to="/generations/$id"
                  params={{ id: request.request_id }}
                  className="line-clamp-2 break-words font-medium hover:underline"
                >
                  {promptOf(request)}
                </Link>
                <span className="block truncate text-ink-faint text-xs">{request.model_id}</span>
              </span>
            </div>
          ),
        },
        {
          key: 'status',
          header: t('columns.status'),
          cell: ({ status }) => <StatusBadge status={status} />,
        },
        {
          key: 'took',
          header: t('columns.took'),
          align: 'end',
          wideOnly: true,
          cell: ({ timings }) => (timings?.total_seconds == null ? '–' : duration(timings.total_seconds)),
        },
        {
          key: 'cost',
          header: t('columns.cost'),
          align: 'end',
          wideOnly: true,
          cell: ({ cost }) => (cost === undefined ? '–' : money(cost)),
        },
        {
          key: 'created',
          header: t('columns.created'),
          align: 'end',
          wideOnly: true,
          cell: ({ created_at }) => <RelativeTime time={created_at} />,
        },
      ]}
    />
  );
}
