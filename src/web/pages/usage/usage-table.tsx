import { useTranslation } from 'react-i18next';
import { Table } from '../../components/table.tsx';
import { useFormat } from '../../lib/use-format.ts';
import type { UsageRow } from './rows.ts';
import type { GROUPS } from './search.ts';

/** The same as the chart in numbers; days on which nothing happened are left out, and the latest comes first. */
export function UsageTable({
  rows,
  grouping,
}: {
  rows: readonly UsageRow[];
  grouping: (typeof GROUPS)[number];
}) {
  const { t } = useTranslation('usage');
  const { money, number, date } = useFormat();
  const shown = grouping === 'day' ? rows.filter(({ requests }) => requests > 0).toReversed() : rows;
  const count = (key: 'outputs' | 'requests' | 'completed' | 'failed' | 'cancelled', wideOnly: boolean) => ({
    key,
    header: t(`columns.${key}`),
    align: 'end' as const,
    wideOnly,
    cell: (row: UsageRow) => <span className="tabular-nums">{number(row[key])}</span>,
  });
  return (
    <div className="mt-6">
      <Table
        caption={t(`by.${grouping}`)}
        rows={shown}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'name',
            header: t(`groups.${grouping}`),
            cell: ({ name }) =>
              grouping === 'day' ? (
                <span className="whitespace-nowrap">{date(`${name}T12:00:00Z`)}</span>
              ) : (
                <span className="break-all">{name}</span>
              ),
          },
          {
            key: 'cost',
            header: t('columns.cost'),
            align: 'end',
            cell: ({ cost_usd }) => <span className="font-medium tabular-nums">{money(cost_usd)}</span>,
          },
          count('outputs', false),
          count('requests', true),
          count('completed', true),
          count('failed', true),
          count('cancelled', true),
        ]}
      />
    </div>
  );
}
