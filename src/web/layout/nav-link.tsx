import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { ArrowUpRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { NavItem } from './nav-items.ts';

/** A line of the menu. */
export function NavLink({ item, onFollow }: { item: NavItem; onFollow?: () => void }) {
  const { t } = useTranslation();
  const { icon: Icon, label, to, href } = item;
  const className = clsx(
    'flex h-11 items-center gap-3 rounded-md px-2.5 font-medium text-ink-soft text-sm transition-colors lg:h-9',
    'hover:bg-hover hover:text-ink aria-[current=page]:bg-hover aria-[current=page]:text-ink',
    '[&_svg]:size-4.5 [&_svg]:shrink-0 aria-[current=page]:[&_svg:first-child]:text-accent',
  );
  if (to === undefined)
    return (
      <a href={href} className={className} onClick={onFollow}>
        <Icon aria-hidden />
        {t(`nav.${label}`)}
        <ArrowUpRight aria-hidden className="ml-auto size-3.5! text-ink-faint" />
      </a>
    );
  return (
    <Link
      to={to}
      className={className}
      activeOptions={{ exact: to === '/', includeSearch: false }}
      {...(onFollow && { onClick: onFollow })}
    >
      <Icon aria-hidden />
      {t(`nav.${label}`)}
    </Link>
  );
}
