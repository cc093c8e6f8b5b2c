import { useTranslation } from 'react-i18next';
import { useAccount } from '../session/account.tsx';
import { maySee, NAV_GROUPS } from './nav-items.ts';
import { NavLink } from './nav-link.tsx';

/** The whole menu, in groups. */
export function NavList({ onFollow }: { onFollow?: () => void }) {
  const { t } = useTranslation();
  const account = useAccount();
  return (
    <nav aria-label={t('nav.label')} className="flex flex-col gap-5">
      {NAV_GROUPS.map(({ label, items }) => (
        <div key={label}>
          <p className="px-2.5 pb-1 font-medium text-ink-faint text-xs">{t(`nav.${label}`)}</p>
          <ul className="flex flex-col gap-0.5">
            {items
              .filter((item) => maySee(item, account))
              .map((item) => (
                <li key={item.label}>
                  <NavLink item={item} {...(onFollow && { onFollow })} />
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
