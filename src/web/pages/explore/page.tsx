import { getRouteApi } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { useDeferredValue } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../components/button.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Page } from '../../layout/page.tsx';
import { Filters } from './filters.tsx';
import { ModelCard } from './model-card.tsx';
import { ModelCardSkeletons } from './model-card-skeletons.tsx';
import { type ExploreSearch, findModels } from './search.ts';
import { useModels } from './use-models.ts';

const route = getRouteApi('/signed-in/');

/** All models, to be found by words, kind, category, price and whether they can run. */
export function ExplorePage() {
  const { t } = useTranslation('explore');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: models, error, refetch } = useModels();
  const shown = useDeferredValue(search);
  const change = (changed: Partial<Record<keyof ExploreSearch, unknown>>): void =>
    void navigate({
      search: (previous) => ({ ...previous, ...changed }) as ExploreSearch,
      replace: true,
      resetScroll: false,
    });
  const clear = (): void => void navigate({ search: {}, replace: true, resetScroll: false });
  const found = models && findModels(models, shown);

  return (
    <Page title={t('title')} description={t('description')}>
      <Filters search={search} models={models ?? []} onChange={change} />
      {error && !models ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !found ? (
        <ModelCardSkeletons />
      ) : (
        <>
          <div className="mb-3 flex h-8 items-center gap-3 text-sm">
            <p role="status" className="text-ink-faint">
              {t('count', { count: found.length })}
            </p>
            {Object.keys(search).length > 0 && found.length > 0 && (
              <Button size="sm" variant="ghost" onClick={clear}>
                {t('clearFilters')}
              </Button>
            )}
          </div>
          {found.length > 0 ? (
            <ul className="grid grid-cols-1 gap-4 min-[30rem]:grid-cols-2 sm:gap-5 xl:grid-cols-3">
              {found.map((model, index) => (
                <ModelCard key={model.model_id} model={model} eager={index < 4} />
              ))}
            </ul>
          ) : models!.length > 0 ? (
            <EmptyState
              icon={<SearchX />}
              title={t('emptyTitle')}
              action={<Button onClick={clear}>{t('clearFilters')}</Button>}
            >
              {t('emptyText')}
            </EmptyState>
          ) : (
            <EmptyState icon={<SearchX />} title={t('noModelsTitle')}>
              {t('noModelsText')}
            </EmptyState>
          )}
          {found.length > 0 && <p className="mt-8 text-ink-faint text-xs">{t('drawn')}</p>}
        </>
      )}
    </Page>
  );
}
