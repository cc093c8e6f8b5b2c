import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { HistoryEntry } from '../../../client/index.ts';
import { Section } from '../../components/card.tsx';
import { useFormat } from '../../lib/use-format.ts';

/** When, how long, by whom, for how much. */
export function Facts({ request }: { request: HistoryEntry }) {
  const { t } = useTranslation('generations');
  const { money, duration, dateTime } = useFormat();
  const { timings, cost, backend, model_id, created_at } = request;
  const time = (seconds: number | null | undefined): string | undefined =>
    seconds == null ? undefined : duration(seconds);
  const facts: [string, ReactNode][] = [
    [t('facts.model'), model_id],
    [t('facts.backend'), backend],
    [t('facts.created'), dateTime(created_at)],
    [t('facts.waited'), time(timings?.queue_seconds)],
    [t('facts.ran'), time(timings?.run_seconds)],
    [t('facts.total'), time(timings?.total_seconds)],
    [t('facts.cost'), cost === undefined ? undefined : money(cost)],
  ];
  return (
    <Section title={t('detail.facts')}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        {facts
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-ink-soft">{name}</dt>
              <dd className="break-words text-right tabular-nums">{value}</dd>
            </div>
          ))}
      </dl>
    </Section>
  );
}
