import { useTranslation } from 'react-i18next';
import type { CreatedKey } from '../../../client/index.ts';
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { SecretBox } from '../../components/secret-box.tsx';

/** The only time that the secret is seen: not closed by a click beside it. */
export function MadeKey({ made, onClose }: { made: CreatedKey; onClose: () => void }) {
  const { t } = useTranslation('keys');
  const call = `curl "${location.origin}/v1/models" \\\n  --header "Authorization: Bearer ${made.key}"`;
  return (
    <Dialog
      open
      dismissable={false}
      onOpenChange={(open) => !open && onClose()}
      title={t('made.title')}
      description={t('made.text')}
      footer={
        <Button variant="primary" onClick={onClose}>
          {t('made.done')}
        </Button>
      }
    >
      <p className="mb-1.5 font-medium text-sm">{t('made.key', { name: made.name })}</p>
      <SecretBox secret={made.key} />
      <p className="mt-5 mb-1.5 font-medium text-sm">{t('made.tryIt')}</p>
      <CodeBlock code={call} language="shell" label={t('made.tryIt')} />
    </Dialog>
  );
}
