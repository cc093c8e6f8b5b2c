import { useTranslation } from 'react-i18next';
import { Card } from '../../components/card.tsx';
import { useFormat } from '../../lib/use-format.ts';
import type { SystemOverview } from './api.ts';

/** The numbers that say at a glance whether all is well. */
export function Health({ system }: { system: SystemOverview }) {
  const { t } = useTranslation('system');
  const { number, duration, money } = useFormat();
  const { queue, leases, database } = system;
  const tiles: [string, string, string | undefined][] = [
    [
      t('queued'),
      number(queue.queued),
      queue.oldest_seconds === null ? undefined : t('oldest', { time: duration(queue.oldest_seconds) }),
    ],
    [
      t('running'),
      number(queue.running),
      leases.expired > 0 ? t('lost', { count: leases.expired }) : undefined,
    ],
    [t('spent'), money(system.spent_this_month_usd), t('accountCount', { count: system.accounts.total })],
    [t('version'), system.version, t('up', { time: duration(system.uptime_seconds), database })],
  ];
  return (
    <dl className="grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-4">
      {tiles.map(([name, value, aside]) => (
        <Card key={name} className="min-w-0 px-4 py-3.5 sm:px-5">
          <dt className="text-ink-soft text-sm">{name}</dt>
          <dd className="mt-1">
            <span className="block truncate font-semibold text-2xl tabular-nums tracking-tight">{value}</span>
            <span className="block min-h-5 text-ink-faint text-sm">{aside}</span>
          </dd>
        </Card>
      ))}
    </dl>
  );
}
