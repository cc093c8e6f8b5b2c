import { useTranslation } from 'react-i18next';
import { Section } from '../../components/card.tsx';
import { Notice } from '../../components/notice.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat } from '../../lib/use-format.ts';
import type { SystemOverview } from './api.ts';

export function Workers({ workers }: Pick<SystemOverview, 'workers'>) {
  const { t } = useTranslation('system');
  const { number, list } = useFormat();
  return (
    <Section title={t('workers.title')}>
      {workers.length === 0 ? (
        <Notice tone="bad" title={t('workers.none')}>
          {t('workers.noneText')}
        </Notice>
      ) : (
        <Table
          caption={t('workers.title')}
          rows={workers}
          rowKey={({ id }) => id}
          columns={[
            {
              key: 'worker',
              header: t('workers.worker'),
              cell: ({ description, pools }) => (
                <>
                  <span className="break-all font-medium">{description}</span>
                  <span className="block text-ink-faint text-sm">{list(pools)}</span>
                </>
              ),
            },
            {
              key: 'concurrency',
              header: t('workers.atOnce'),
              align: 'end',
              cell: ({ concurrency }) => number(concurrency),
            },
            {
              key: 'since',
              header: t('workers.since'),
              align: 'end',
              wideOnly: true,
              cell: ({ started_at }) => <RelativeTime time={started_at} />,
            },
          ]}
        />
      )}
    </Section>
  );
}
