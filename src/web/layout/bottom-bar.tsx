import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { Ellipsis } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAccount } from '../session/account.tsx';
import { maySee, NAV_GROUPS } from './nav-items.ts';

const MoreSheet = lazy(() => import('./more-sheet.tsx'));

const itemClass = clsx(
  'flex h-full w-full flex-col items-center justify-center gap-1 rounded-md font-medium text-[0.6875rem] text-ink-soft leading-none',
  'focus-visible:-outline-offset-2 aria-[current=page]:text-ink aria-[current=page]:[&_svg]:text-accent [&_svg]:size-5',
);

/** On a phone, where the thumb is. */
export function BottomBar() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const account = useAccount();
  const items = NAV_GROUPS.flatMap(({ items }) => items).filter(
    (item) => item.primary && maySee(item, account),
  );
  return (
    <nav
      aria-label={t('nav.label')}
      className="fixed inset-x-0 bottom-0 z-30 border-line border-t bg-canvas/95 pb-[env(safe-area-inset-bottom)] backdrop-blur-md lg:hidden"
    >
      <ul className="mx-auto grid h-16 max-w-xl auto-cols-fr grid-flow-col px-1">
        {items.map(({ label, icon: Icon, to }) => (
          <li key={label} className="min-w-0">
            <Link to={to!} className={itemClass} activeOptions={{ exact: to === '/', includeSearch: false }}>
              <Icon aria-hidden />
              <span className="max-w-full truncate">{t(`nav.${label}`)}</span>
            </Link>
          </li>
        ))}
        <li className="min-w-0">
          <button type="button" className={itemClass} aria-haspopup="dialog" onClick={() => setOpen(true)}>
            <Ellipsis aria-hidden />
            <span className="max-w-full truncate">{t('nav.more')}</span>
          </button>
        </li>
      </ul>
      {open && (
        <Suspense>
          <MoreSheet onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </nav>
  );
}
