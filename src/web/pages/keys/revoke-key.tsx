import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Key } from '../../../client/index.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Notice } from '../../components/notice.tsx';
import { useErrorText } from '../../components/states.tsx';
import { toast } from '../../components/toast-store.ts';
import { useAccount } from '../../session/account.tsx';
import { refreshSession } from '../../session/session.ts';

export function RevokeKey({ revoked, onClose }: { revoked: Key; onClose: () => void }) {
  const { t } = useTranslation('keys');
  const { darkroom, key: own } = useAccount();
  const queryClient = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => darkroom.keys.delete(revoked.id),
    onSuccess: () => {
      toast({ title: t('revoked') });
      onClose();
      if (revoked.id === own.id) void refreshSession();
      else void queryClient.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  const errorText = useErrorText(revoke.error);
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('revokeTitle', { name: revoked.name })}
      action={t('revoke')}
      busy={revoke.isPending}
      onConfirm={() => revoke.mutate()}
    >
      <p>{t('revokeText')}</p>
      {revoked.id === own.id && <p className="mt-2 font-medium text-ink">{t('revokeOwn')}</p>}
      {revoke.error && (
        <Notice tone="bad" className="mt-3">
          {errorText}
        </Notice>
      )}
    </ConfirmDialog>
  );
}
