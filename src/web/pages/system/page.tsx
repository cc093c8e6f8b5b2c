import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Loading, Skeleton } from '../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Page } from '../../layout/page.tsx';
import { isOperator, useAccount } from '../../session/account.tsx';
import { Accounts } from './accounts.tsx';
import type { SystemOverview } from './api.ts';
import { Backends } from './backends.tsx';
import { Health } from './health.tsx';
import { Pools } from './pools.tsx';
import { Workers } from './workers.tsx';

const REFRESH_MS = 5000;

/** The whole server, for who runs it: what waits, who works, what is broken, who may do how much. */
export function SystemPage() {
  const { t } = useTranslation(['system', 'common']);
  const account = useAccount();
  const allowed = isOperator(account);
  const { data, error, refetch } = useQuery({
    queryKey: ['system'],
    queryFn: () => account.call<SystemOverview>('/v1/system'),
    refetchInterval: REFRESH_MS,
    enabled: allowed,
  });
  return (
    <Page title={t('title')} description={t('description')}>
      {!allowed ? (
        <EmptyState title={t('common:states.forbiddenTitle')}>{t('operatorOnly')}</EmptyState>
      ) : error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading className="flex flex-col gap-5">
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-48 w-full" />
          <Skeleton className="h-48 w-full" />
        </Loading>
      ) : (
        <div className="flex flex-col gap-5">
          <Health system={data} />
          <div className="grid gap-5 xl:grid-cols-2">
            <Backends backends={data.backends} />
            <div className="flex min-w-0 flex-col gap-5">
              <Pools pools={data.queue.pools} />
              <Workers workers={data.workers} />
            </div>
          </div>
          <Accounts />
        </div>
      )}
    </Page>
  );
}
