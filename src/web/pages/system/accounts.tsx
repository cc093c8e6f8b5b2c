import { useInfiniteQuery } from '@tanstack/react-query';
import { Link2, Pencil, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Badge } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { Section } from '../../components/card.tsx';
import { LoadMore } from '../../components/load-more.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { ErrorState } from '../../components/states.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat } from '../../lib/use-format.ts';
import { useAccount } from '../../session/account.tsx';
import { AccountForm } from './account-form.tsx';
import { AccountLink } from './account-link.tsx';
import type { AccountOverview, AccountPage } from './api.ts';

type Open = { form: AccountOverview | 'new' } | { link: AccountOverview } | undefined;

/** Everybody's limits and what they use of them. */
export function Accounts() {
  const { t } = useTranslation('system');
  const { number, money } = useFormat();
  const { call } = useAccount();
  const [open, setOpen] = useState<Open>();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['accounts'],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      call<AccountPage>(`/v1/accounts?limit=50${pageParam && `&cursor=${encodeURIComponent(pageParam)}`}`),
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  const accounts = data?.pages.flatMap((page) => page.accounts);
  return (
    <Section
      title={t('accounts.title')}
      description={t('accounts.description')}
      actions={
        <Button icon={<Plus />} onClick={() => setOpen({ form: 'new' })}>
          {t('accounts.create')}
        </Button>
      }
    >
      {error && !accounts ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !accounts ? (
        <Skeleton className="h-40 w-full" />
      ) : (
        <Table
          caption={t('accounts.title')}
          rows={accounts}
          rowKey={({ id }) => id}
          columns={[
            {
              key: 'name',
              header: t('accounts.name'),
              cell: ({ name, operator }) => (
                <span className="flex flex-wrap items-center gap-2">
                  <span className="break-words font-medium">{name}</span>
                  {operator && <Badge tone="accent">{t('accounts.operator')}</Badge>}
                </span>
              ),
            },
            {
              key: 'queued',
              header: t('queued'),
              align: 'end',
              wideOnly: true,
              cell: ({ queued, effective_limits }) =>
                t('accounts.of', { used: number(queued), limit: number(effective_limits.max_queued) }),
            },
            {
              key: 'running',
              header: t('running'),
              align: 'end',
              wideOnly: true,
              cell: ({ running, effective_limits }) =>
                t('accounts.of', { used: number(running), limit: number(effective_limits.max_running) }),
            },
            {
              key: 'budget',
              header: t('accounts.month'),
              align: 'end',
              cell: ({ budget }) =>
                budget.monthly_usd === null
                  ? money(budget.spent_this_month_usd)
                  : t('accounts.of', {
                      used: money(budget.spent_this_month_usd),
                      limit: money(budget.monthly_usd),
                    }),
            },
            {
              key: 'actions',
              header: <span className="sr-only">{t('accounts.actions')}</span>,
              align: 'end',
              cell: (account) => (
                <span className="inline-flex gap-1">
                  <IconButton
                    size="sm"
                    label={t('accounts.linkFor', { name: account.name })}
                    onClick={() => setOpen({ link: account })}
                  >
                    <Link2 />
                  </IconButton>
                  <IconButton
                    size="sm"
                    label={t('accounts.edit', { name: account.name })}
                    onClick={() => setOpen({ form: account })}
                  >
                    <Pencil />
                  </IconButton>
                </span>
              ),
            },
          ]}
        />
      )}
      <LoadMore hasMore={hasNextPage} loading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
      {open && 'form' in open && (
        <AccountForm
          edited={open.form === 'new' ? undefined : open.form}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open && 'link' in open && <AccountLink account={open.link} onClose={() => setOpen(undefined)} />}
    </Section>
  );
}
