import { useQuery } from '@tanstack/react-query';
import { Plus, WebhookIcon } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Webhook } from '../../../client/index.ts';
import { Button } from '../../components/button.tsx';
import { Loading, Skeleton } from '../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Page } from '../../layout/page.tsx';
import { useDarkroom } from '../../session/account.tsx';
import { Deliveries } from './deliveries.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { WebhookCard } from './webhook-card.tsx';
import { WebhookForm } from './webhook-form.tsx';

type Open = { form: Webhook | 'new' } | { secret: string } | undefined;

/** Who is told of what happens, and whether it reaches them. */
export function WebhooksPage() {
  const { t } = useTranslation('webhooks');
  const darkroom = useDarkroom();
  const [open, setOpen] = useState<Open>();
  const {
    data: webhooks,
    error,
    refetch,
  } = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => darkroom.webhooks.list({ signal }),
  });
  const close = (): void => setOpen(undefined);
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <Button variant="primary" icon={<Plus />} onClick={() => setOpen({ form: 'new' })}>
          {t('create')}
        </Button>
      }
    >
      {error && !webhooks ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !webhooks ? (
        <Loading className="flex flex-col gap-4">
          <Skeleton className="h-32 w-full" />
          <Skeleton className="h-64 w-full" />
        </Loading>
      ) : (
        <>
          {webhooks.length === 0 ? (
            <EmptyState icon={<WebhookIcon />} title={t('emptyTitle')} className="py-10!">
              {t('emptyText')}
            </EmptyState>
          ) : (
            <ul className="flex flex-col gap-4">
              {webhooks.map((webhook) => (
                <WebhookCard
                  key={webhook.id}
                  webhook={webhook}
                  onEdit={() => setOpen({ form: webhook })}
                  onSecret={(secret) => setOpen({ secret })}
                />
              ))}
            </ul>
          )}
          <Deliveries webhooks={webhooks} />
        </>
      )}
      {open && 'form' in open && (
        <WebhookForm
          edited={open.form === 'new' ? undefined : open.form}
          onClose={close}
          onMade={({ secret }) => setOpen({ secret })}
        />
      )}
      {open && 'secret' in open && <SecretDialog secret={open.secret} onClose={close} />}
    </Page>
  );
}
