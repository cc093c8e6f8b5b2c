import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { NotFoundError } from '../../../client/index.ts';
import { StatusBadge } from '../../components/badge.tsx';
import { Loading, Skeleton } from '../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Page } from '../../layout/page.tsx';
import { useDarkroom } from '../../session/account.tsx';
import { isMoving } from '../generations/use-generations.ts';
import { Actions } from './actions.tsx';
import { Asked } from './asked.tsx';
import { Facts } from './facts.tsx';
import { Outcome } from './outcome.tsx';

const route = getRouteApi('/signed-in/generations/$id');
const REFRESH_MS = 1500;
const COLUMNS = 'grid gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]';

/** One request: what was asked, what came of it, how long it took, what it cost. */
export function GenerationPage() {
  const { t } = useTranslation('generations');
  const { id } = route.useParams();
  const darkroom = useDarkroom();
  const {
    data: request,
    error,
    refetch,
  } = useQuery({
    queryKey: ['request', id],
    queryFn: ({ signal }) => darkroom.requests.get(id, { signal }),
    refetchInterval: ({ state: { data } }) => (data && isMoving(data) ? REFRESH_MS : false),
  });
  return (
    <Page
      title={t('detail.title')}
      description={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {request && <StatusBadge status={request.status} />}
          <code className="break-all font-mono text-ink-faint text-sm">{id}</code>
        </span>
      }
      actions={request && <Actions request={request} />}
    >
      <Link
        to="/generations"
        className="-mt-2 mb-4 inline-flex h-10 items-center gap-1.5 text-ink-soft text-sm hover:text-ink [&_svg]:size-4"
      >
        <ArrowLeft aria-hidden /> {t('detail.back')}
      </Link>
      {error && !request ? (
        error instanceof NotFoundError ? (
          <EmptyState title={t('detail.gone')}>{t('detail.goneText')}</EmptyState>
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )
      ) : !request ? (
        <Loading className={COLUMNS}>
          <Skeleton className="aspect-square w-full" />
          <Skeleton className="h-80 w-full" />
        </Loading>
      ) : (
        <div className={COLUMNS}>
          <Outcome request={request} />
          <div className="flex min-w-0 flex-col gap-5">
            <Asked request={request} />
            <Facts request={request} />
          </div>
        </div>
      )}
    </Page>
  );
}
