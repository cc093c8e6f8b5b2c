import { useTranslation } from 'react-i18next';
import { Badge } from '../../components/badge.tsx';
import { Section } from '../../components/card.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat } from '../../lib/use-format.ts';
import type { PoolOverview } from './api.ts';

/** The queues, one for each backend's work. */
export function Pools({ pools }: { pools: readonly PoolOverview[] }) {
  const { t } = useTranslation('system');
  const { number, duration } = useFormat();
  return (
    <Section title={t('pools.title')}>
      {pools.length === 0 ? (
        <EmptyState title={t('pools.empty')} className="py-8!" />
      ) : (
        <Table
          caption={t('pools.title')}
          rows={pools}
          rowKey={({ pool }) => pool}
          columns={[
            {
              key: 'pool',
              header: t('pools.pool'),
              cell: ({ pool, served, queued }) => (
                <span className="flex flex-wrap items-center gap-2">
                  <span className="font-medium">{pool}</span>
                  {!served && queued > 0 && <Badge tone="bad">{t('pools.unserved')}</Badge>}
                </span>
              ),
            },
            { key: 'queued', header: t('queued'), align: 'end', cell: ({ queued }) => number(queued) },
            { key: 'running', header: t('running'), align: 'end', cell: ({ running }) => number(running) },
            {
              key: 'oldest',
              header: t('pools.oldest'),
              align: 'end',
              wideOnly: true,
              cell: ({ oldest_seconds }) => (oldest_seconds === null ? '–' : duration(oldest_seconds)),
            },
          ]}
        />
      )}
    </Section>
  );
}
