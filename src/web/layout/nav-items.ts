/** What the menu leads to, once for the bar at the side and the one at a phone's foot. */
import type { LinkProps } from '@tanstack/react-router';
import {
  Aperture,
  BookOpen,
  BookText,
  ChartNoAxesColumn,
  Images,
  KeyRound,
  type LucideIcon,
  Server,
  Webhook,
} from 'lucide-react';
import { mayDo } from '../session/account.tsx';
import type { SignedIn } from '../session/session-api.ts';

export interface NavItem {
  label: 'explore' | 'generations' | 'modelDocs' | 'reference' | 'keys' | 'webhooks' | 'usage' | 'system';
  icon: LucideIcon;
  /** A page of the app, or one that the server renders. */
  to?: LinkProps['to'];
  href?: string;
  /** Who else has nothing to do there does not see it. */
  needs?: 'admin' | 'operator';
  /** In the bar at a phone's foot; the others are under "More". */
  primary?: boolean;
}

export interface NavGroup {
  label: 'models' | 'library' | 'modelApis' | 'account';
  items: NavItem[];
}

export function maySee({ needs }: NavItem, account: Pick<SignedIn, 'account' | 'key'>): boolean {
  if (needs === undefined) return true;
  return mayDo(account, 'admin') && (needs === 'admin' || account.account.operator);
}

export const NAV_GROUPS: NavGroup[] = [
  { label: 'models', items: [{ label: 'explore', icon: Aperture, to: '/', primary: true }] },
  { label: 'library', items: [{ label: 'generations', icon: Images, to: '/generations', primary: true }] },
  {
    label: 'modelApis',
    items: [
      { label: 'modelDocs', icon: BookOpen, href: '/docs/models' },
      { label: 'reference', icon: BookText, href: '/reference/' },
      { label: 'keys', icon: KeyRound, to: '/keys', primary: true, needs: 'admin' },
      { label: 'webhooks', icon: Webhook, to: '/webhooks', needs: 'admin' },
    ],
  },
  {
    label: 'account',
    items: [
      { label: 'usage', icon: ChartNoAxesColumn, to: '/usage', primary: true },
      { label: 'system', icon: Server, to: '/system', needs: 'operator' },
    ],
  },
];
