import { Link, useRouter } from '@tanstack/react-router';
import { LogOut, Monitor, Moon, Sun, UserPlus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from '../components/menu.tsx';
import { toast } from '../components/toast-store.ts';
import { chooseTheme, THEMES, type Theme, useTheme } from '../lib/theme.ts';
import { useAccount } from '../session/account.tsx';
import { signOut, switchAccount, useSession } from '../session/session.ts';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../texts/languages.ts';
import { chooseLanguage } from '../texts/texts.ts';

export interface AccountMenuProps {
  trigger: ReactNode;
  side: 'top' | 'bottom';
  align: 'start' | 'end';
}

const THEME_ICONS: Record<Theme, ReactNode> = {
  system: <Monitor aria-hidden />,
  light: <Sun aria-hidden />,
  dark: <Moon aria-hidden />,
};

/** Who is signed in, how the app looks and speaks, and the way out. */
export default function AccountMenu({ trigger, side, align }: AccountMenuProps) {
  const { t, i18n } = useTranslation();
  const { account } = useAccount();
  const { accounts } = useSession();
  const theme = useTheme();
  const router = useRouter();

  const leave = (): void => {
    signOut(account.id).catch((error: Error) =>
      toast({ title: t('account.signOutFailed'), description: error.message, tone: 'bad' }),
    );
  };
  const change = (accountId: string): void => {
    switchAccount(accountId);
    // What is open here may be another account's.
    void router.navigate({ to: '/' });
  };

  return (
    <Menu side={side} align={align} trigger={trigger} defaultOpen>
      {accounts.length > 1 && (
        <>
          <MenuLabel>{t('account.switch')}</MenuLabel>
          <MenuChoice
            label={t('account.switch')}
            value={account.id}
            options={accounts.map(({ account: { id, name } }) => ({ value: id, label: name }))}
            onChange={change}
          />
          <MenuSeparator />
        </>
      )}
      <MenuLabel>{t('account.theme')}</MenuLabel>
      <MenuChoice
        inRow
        label={t('account.theme')}
        value={theme}
        options={THEMES.map((value) => ({
          value,
          label: t(`account.themes.${value}`),
          icon: THEME_ICONS[value],
        }))}
        onChange={chooseTheme}
      />
      <MenuLabel>{t('account.language')}</MenuLabel>
      <MenuChoice
        inRow
        label={t('account.language')}
        value={i18n.language as Language}
        options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value], lang: value }))}
        onChange={(language) => void chooseLanguage(language)}
      />
      <MenuSeparator />
      <MenuItem asChild>
        <Link to="/sign-in">
          <UserPlus aria-hidden />
          {t('account.addAccount')}
        </Link>
      </MenuItem>
      <MenuItem onSelect={leave}>
        <LogOut aria-hidden />
        {t('account.signOut')}
      </MenuItem>
    </Menu>
  );
}
