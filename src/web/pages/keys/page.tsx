import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CreatedKey, Key } from '../../../client/index.ts';
import { Button } from '../../components/button.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Switch } from '../../components/switch.tsx';
import { Page } from '../../layout/page.tsx';
import { useDarkroom } from '../../session/account.tsx';
import { KeyForm } from './key-form.tsx';
import { KeyTable } from './key-table.tsx';
import { MadeKey } from './made-key.tsx';
import { RevokeKey } from './revoke-key.tsx';

type Open = { form: Key | 'new' } | { made: CreatedKey } | { revoke: Key } | undefined;

/** The account's keys: made, changed and revoked here. */
export function KeysPage() {
  const { t } = useTranslation('keys');
  const darkroom = useDarkroom();
  const {
    data: keys,
    error,
    refetch,
  } = useQuery({ queryKey: ['keys'], queryFn: () => darkroom.keys.list() });
  const [open, setOpen] = useState<Open>();
  const [revokedToo, setRevokedToo] = useState(false);
  const close = (): void => setOpen(undefined);
  const live = keys?.filter(({ revoked_at }) => revoked_at === null);
  const shown = revokedToo ? keys : live;

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
      {error && !keys ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !shown ? (
        <Skeleton className="h-64 w-full" />
      ) : shown.length === 0 ? (
        <EmptyState icon={<KeyRound />} title={t('emptyTitle')}>
          {t('emptyText')}
        </EmptyState>
      ) : (
        <KeyTable
          keys={shown}
          onEdit={(key) => setOpen({ form: key })}
          onRevoke={(key) => setOpen({ revoke: key })}
        />
      )}
      {keys && live!.length < keys.length && (
        <label htmlFor="revoked-too" className="mt-4 inline-flex items-center gap-3 text-ink-soft text-sm">
          <Switch id="revoked-too" checked={revokedToo} onChange={setRevokedToo} />
          {t('showRevoked')}
        </label>
      )}
      {open && 'form' in open && (
        <KeyForm
          edited={open.form === 'new' ? undefined : open.form}
          onClose={close}
          onMade={(made) => setOpen({ made })}
        />
      )}
      {open && 'made' in open && <MadeKey made={open.made} onClose={close} />}
      {open && 'revoke' in open && <RevokeKey revoked={open.revoke} onClose={close} />}
    </Page>
  );
}
