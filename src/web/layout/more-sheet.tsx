import { useTranslation } from 'react-i18next';
import { Dialog } from '../components/dialog.tsx';
import { NavList } from './nav-list.tsx';

/** The whole menu on a phone. */
export default function MoreSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('nav.label')}>
      <NavList onFollow={onClose} />
    </Dialog>
  );
}
