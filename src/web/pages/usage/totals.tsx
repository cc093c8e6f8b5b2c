import { useTranslation } from 'react-i18next';
import type { UsageCounts } from '../../../client/index.ts';
import { Card } from '../../components/card.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useFormat } from '../../lib/use-format.ts';

export function Totals({ total }: { total: UsageCounts | undefined }) {
  const { t } = useTranslation('usage');
  const { money, number } = useFormat();
  const tiles: [string, string | undefined, string | undefined][] = [
    [t('totals.cost'), total && money(total.cost_usd), undefined],
    [t('totals.outputs'), total && number(total.outputs), undefined],
    [t('totals.requests'), total && number(total.requests), undefined],
    [
      t('totals.failed'),
      total && number(total.failed),
      total && total.requests > 0
        ? number(total.failed / total.requests, { style: 'percent', maximumFractionDigits: 1 })
        : undefined,
    ],
  ];
  return (
    <dl className="grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-4">
      {tiles.map(([name, value, aside]) => (
        <Card key={name} className="px-4 py-3.5 sm:px-5">
          <dt className="text-ink-soft text-sm">{name}</dt>
          <dd className="mt-1 flex h-8 items-baseline gap-2 font-semibold text-2xl tabular-nums tracking-tight">
            {value ?? <Skeleton className="h-7 w-20" />}
            {aside && <span className="font-normal text-ink-faint text-sm">{aside}</span>}
          </dd>
        </Card>
      ))}
    </dl>
  );
}
