import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Notice } from '../../components/notice.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SecretBox } from '../../components/secret-box.tsx';
import { useErrorText } from '../../components/states.tsx';
import { useAccount } from '../../session/account.tsx';
import type { AccountOverview, SignInLink } from './api.ts';

/** A way in for who the account is for; made only when it is asked for. */
export function AccountLink({ account, onClose }: { account: AccountOverview; onClose: () => void }) {
  const { t } = useTranslation('system');
  const { call } = useAccount();
  const make = useMutation({
    mutationFn: () => call<SignInLink>(`/v1/accounts/${account.id}/links`, { method: 'POST' }),
  });
  const errorText = useErrorText(make.error);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('accounts.linkFor', { name: account.name })}
      description={t('accounts.linkText')}
      footer={
        make.data ? (
          <Button variant="primary" onClick={onClose}>
            {t('accounts.done')}
          </Button>
        ) : (
          <Button variant="primary" busy={make.isPending} onClick={() => make.mutate()}>
            {t('accounts.makeLink')}
          </Button>
        )
      }
    >
      {make.error && <Notice tone="bad">{errorText}</Notice>}
      {make.data && (
        <>
          <SecretBox secret={make.data.url} />
          <p className="mt-2 text-ink-faint text-sm">
            {t('accounts.linkEnds')} <RelativeTime time={make.data.expires_at} />
          </p>
        </>
      )}
    </Dialog>
  );
}
