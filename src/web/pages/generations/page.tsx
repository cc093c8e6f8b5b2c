import { getRouteApi, Link } from '@tanstack/react-router';
import { Images, LayoutGrid, List as ListIcon, SearchX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button, buttonClass } from '../../components/button.tsx';
import { LoadMore } from '../../components/load-more.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Page } from '../../layout/page.tsx';
import { Filters } from './filters.tsx';
import { Grid, GridSkeleton } from './grid.tsx';
import { GenerationList } from './list.tsx';
import type { GenerationsSearch } from './search.ts';
import { useGenerations } from './use-generations.ts';

const route = getRouteApi('/signed-in/generations');

/** Everything the account has run and is running. */
export function GenerationsPage() {
  const { t } = useTranslation('generations');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useGenerations(search);
  const requests = data?.pages.flatMap((page) => page.requests);
  const { view, ...filters } = search;
  const filtered = Object.keys(filters).length > 0;
  const change = (changed: Partial<Record<keyof GenerationsSearch, unknown>>): void =>
    void navigate({
      search: (previous) => ({ ...previous, ...changed }) as GenerationsSearch,
      replace: true,
      resetScroll: false,
    });
  const clear = (): void => void navigate({ search: view ? { view } : {}, replace: true });

  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <Segmented
          label={t('view')}
          value={view ?? 'grid'}
          onChange={(chosen) => change({ view: chosen === 'list' ? 'list' : undefined })}
          options={[
            { value: 'grid', label: <ViewName icon={<LayoutGrid />} name={t('views.grid')} /> },
            { value: 'list', label: <ViewName icon={<ListIcon />} name={t('views.list')} /> },
          ]}
        />
      }
    >
      <Filters search={search} onChange={change} />
      {error && !requests ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !requests ? (
        <GridSkeleton />
      ) : requests.length > 0 ? (
        view === 'list' ? (
          <GenerationList requests={requests} />
        ) : (
          <Grid requests={requests} />
        )
      ) : hasNextPage ? null : filtered ? (
        <EmptyState
          icon={<SearchX />}
          title={t('nothingFits')}
          action={<Button onClick={clear}>{t('clearFilters')}</Button>}
        />
      ) : (
        <EmptyState
          icon={<Images />}
          title={t('emptyTitle')}
          action={
            <Link to="/" className={buttonClass('primary')}>
              {t('toModels')}
            </Link>
          }
        >
          {t('emptyText')}
        </EmptyState>
      )}
      <LoadMore hasMore={hasNextPage} loading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </Page>
  );
}

function ViewName({ icon, name }: { icon: React.ReactNode; name: string }) {
  return (
    <span className="inline-flex items-center gap-2 [&_svg]:size-4">
      <span aria-hidden>{icon}</span>
      {name}
    </span>
  );
}
