import clsx from 'clsx';
import { ChevronsUpDown } from 'lucide-react';
import { type ComponentProps, lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../lib/use-format.ts';
import { useAccount } from '../session/account.tsx';

const importMenu = () => import('./account-menu.tsx');
/** Menus are a fifth of what a page needs to run, and rarely opened. */
const AccountMenu = lazy(importMenu);

export interface AccountButtonProps {
  side: 'top' | 'bottom';
  /** Only the picture, where there is little room. */
  compact?: boolean;
}

/** Who is signed in; opens the account's menu. */
export function AccountButton({ side, compact = false }: AccountButtonProps) {
  const [wanted, setWanted] = useState(false);
  const preload = (): void => void importMenu();
  if (!wanted)
    return (
      <Face
        compact={compact}
        aria-haspopup="menu"
        onPointerEnter={preload}
        onFocus={preload}
        onClick={() => setWanted(true)}
      />
    );
  return (
    <Suspense fallback={<Face compact={compact} aria-haspopup="menu" />}>
      <AccountMenu side={side} align={compact ? 'end' : 'start'} trigger={<Face compact={compact} />} />
    </Suspense>
  );
}

function Face({ compact, ...rest }: ComponentProps<'button'> & { compact: boolean }) {
  const { t } = useTranslation();
  const { money } = useFormat();
  const { account, budget } = useAccount();
  return (
    <button
      type="button"
      {...rest}
      className={clsx(
        'flex items-center rounded-md text-left transition-colors hover:bg-hover data-[state=open]:bg-hover',
        compact ? 'size-10 justify-center' : 'w-full gap-2.5 px-2 py-1.5',
      )}
    >
      <span
        aria-hidden
        className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent-ink text-sm uppercase"
      >
        {[...account.name][0]}
      </span>
      <span className="sr-only">
        {t('account.menu')}
        {compact && `: ${account.name}`}
      </span>
      {!compact && (
        <>
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium text-sm">{account.name}</span>
            {budget.remaining_usd !== null && (
              <span className="block truncate text-ink-faint text-xs">
                {t('account.budgetLeft', { amount: money(budget.remaining_usd) })}
              </span>
            )}
          </span>
          <ChevronsUpDown aria-hidden className="size-4 text-ink-faint" />
        </>
      )}
    </button>
  );
}
