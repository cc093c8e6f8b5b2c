import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ChartColumn, Download } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../components/button.tsx';
import { Section } from '../../components/card.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Loading, Skeleton } from '../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Page } from '../../layout/page.tsx';
import { useDarkroom } from '../../session/account.tsx';
import { rowsOf, toCsv } from './rows.ts';
import { DAYS, GROUPS, MEASURES, rangeOf, type UsageSearch } from './search.ts';
import { Totals } from './totals.tsx';
import { UsageTable } from './usage-table.tsx';

const route = getRouteApi('/signed-in/usage');
const UsageChart = lazy(() => import('./usage-chart.tsx'));

/** What the account used: by day, model or key, as a chart, a table and a file. */
export function UsagePage() {
  const { t } = useTranslation('usage');
  const darkroom = useDarkroom();
  const { days = '30', by = 'day', show = 'cost' } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (changed: UsageSearch): void =>
    void navigate({ search: (previous) => ({ ...previous, ...changed }), replace: true, resetScroll: false });
  const range = rangeOf(Number(days));
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', range.from, range.to, by],
    queryFn: () => darkroom.usage({ from: range.from, to: range.to, groupBy: by }),
    placeholderData: keepPreviousData,
  });
  const rows = data && rowsOf(data, range.days);
  const shownBy = data?.group_by ?? by;

  const save = (): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([toCsv(rows!, shownBy)], { type: 'text/csv' }));
    link.download = `usage-by-${shownBy}-${range.from}-${range.days.at(-1)}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Segmented
            label={t('range')}
            value={days}
            onChange={(value) => change({ days: value })}
            options={DAYS.map((value) => ({ value, label: t('days', { count: Number(value) }) }))}
          />
          <Button icon={<Download />} disabled={!rows || data.total.requests === 0} onClick={save}>
            {t('csv')}
          </Button>
        </>
      }
    >
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <Totals total={data?.total} />
          <Section
            title={t(`by.${shownBy}`)}
            className="mt-5"
            actions={
              <>
                <Segmented
                  label={t('group')}
                  value={by}
                  onChange={(value) => change({ by: value })}
                  options={GROUPS.map((value) => ({ value, label: t(`groups.${value}`) }))}
                />
                <Segmented
                  label={t('measure')}
                  value={show}
                  onChange={(value) => change({ show: value })}
                  options={MEASURES.map((value) => ({ value, label: t(`measures.${value}`) }))}
                />
              </>
            }
          >
            {!rows ? (
              <Loading>
                <Skeleton className="h-72 w-full" />
              </Loading>
            ) : data.total.requests === 0 ? (
              <EmptyState icon={<ChartColumn />} title={t('emptyTitle')} className="h-72 py-14!">
                {t('emptyText')}
              </EmptyState>
            ) : (
              <>
                <Suspense fallback={<Skeleton className="h-72 w-full" />}>
                  <UsageChart rows={rows} grouping={shownBy} measure={show} />
                </Suspense>
                <UsageTable rows={rows} grouping={shownBy} />
              </>
            )}
          </Section>
          <p className="mt-4 text-ink-faint text-xs">{t('utc')}</p>
        </>
      )}
    </Page>
  );
}
