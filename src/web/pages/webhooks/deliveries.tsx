import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Delivery, DeliveryState, Webhook } from '../../../client/index.ts';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Section } from '../../components/card.tsx';
import { LoadMore } from '../../components/load-more.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Select } from '../../components/select.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Table } from '../../components/table.tsx';
import { toast } from '../../components/toast-store.ts';
import { useDarkroom } from '../../session/account.tsx';

const STATES: readonly DeliveryState[] = ['pending', 'delivered', 'failed'];
const TONES: Record<DeliveryState, Tone> = { pending: 'info', delivered: 'good', failed: 'bad' };
const REFRESH_MS = 5000;

/** What was sent, to whom, and what came of it. */
export function Deliveries({ webhooks }: { webhooks: readonly Webhook[] }) {
  const { t } = useTranslation('webhooks');
  const darkroom = useDarkroom();
  const queryClient = useQueryClient();
  const [state, setState] = useState<DeliveryState | ''>('');
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['deliveries', state],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      darkroom.webhooks.deliveries({ state: state || undefined, limit: 25, signal }).page(pageParam || null),
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: ({ state: { data: known } }) =>
      known && known.pages.length === 1 && known.pages[0]!.deliveries.some((one) => one.state === 'pending')
        ? REFRESH_MS
        : false,
  });
  const redeliver = useMutation({
    mutationFn: ({ id }: Delivery) => darkroom.webhooks.redeliver(id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['deliveries'] }),
    onError: (failure) => toast({ title: failure.message, tone: 'bad' }),
  });
  const deliveries = data?.pages.flatMap((page) => page.deliveries);
  if (deliveries?.length === 0 && state === '' && webhooks.length === 0) return null;
  return (
    <Section
      title={t('deliveries.title')}
      className="mt-6"
      actions={
        <Select
          className="w-40"
          aria-label={t('deliveries.state')}
          value={state}
          onChange={setState}
          options={[
            { value: '', label: t('deliveries.any') },
            ...STATES.map((value) => ({ value, label: t(`deliveries.states.${value}`) })),
          ]}
        />
      }
    >
      {error && !deliveries ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !deliveries ? (
        <Skeleton className="h-40 w-full" />
      ) : deliveries.length === 0 ? (
        <EmptyState title={t('deliveries.empty')} className="py-8!" />
      ) : (
        <Table
          caption={t('deliveries.title')}
          rows={deliveries}
          rowKey={({ id }) => id}
          columns={[
            {
              key: 'event',
              header: t('deliveries.event'),
              cell: ({ type, url, error: problem }) => (
                <>
                  <code className="font-mono text-xs">{type}</code>
                  <span className="block break-all text-ink-faint text-xs">{url}</span>
                  {problem && <span className="block break-words text-bad-ink text-xs">{problem}</span>}
                </>
              ),
            },
            {
              key: 'state',
              header: t('deliveries.state'),
              cell: (one) => <Badge tone={TONES[one.state]}>{t(`deliveries.states.${one.state}`)}</Badge>,
            },
            {
              key: 'attempts',
              header: t('deliveries.attempts'),
              align: 'end',
              wideOnly: true,
              cell: ({ attempt_count }) => attempt_count,
            },
            {
              key: 'created',
              header: t('deliveries.created'),
              align: 'end',
              wideOnly: true,
              cell: ({ created_at }) => <RelativeTime time={created_at} />,
            },
            {
              key: 'again',
              header: <span className="sr-only">{t('deliveries.again')}</span>,
              align: 'end',
              cell: (one) =>
                one.state !== 'pending' && (
                  <Button
                    size="sm"
                    variant="ghost"
                    icon={<Send />}
                    busy={redeliver.isPending && redeliver.variables.id === one.id}
                    onClick={() => redeliver.mutate(one)}
                  >
                    {t('deliveries.again')}
                  </Button>
                ),
            },
          ]}
        />
      )}
      <LoadMore hasMore={hasNextPage} loading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </Section>
  );
}
