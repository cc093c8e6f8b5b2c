import { Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { AccountProvider } from '../session/account.tsx';
import { useSession } from '../session/session.ts';
import { BottomBar } from './bottom-bar.tsx';
import { Sidebar } from './sidebar.tsx';
import { TopBar } from './top-bar.tsx';

/** Menu at the side, or on a phone at the foot; the page beside it. */
export function SignedInLayout() {
  const { t } = useTranslation();
  const { active } = useSession();
  // Signed out a moment ago: the router is on its way to the sign-in page.
  if (!active) return null;
  return (
    <AccountProvider signedIn={active}>
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-md bg-strong px-4 py-2 text-on-strong focus:translate-y-0"
      >
        {t('skipToContent')}
      </a>
      <div className="lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
        <Sidebar />
        <div className="flex min-h-dvh min-w-0 flex-col max-lg:pb-16">
          <TopBar />
          <main id="content" tabIndex={-1} className="flex-1">
            <Outlet />
          </main>
        </div>
      </div>
      <BottomBar />
    </AccountProvider>
  );
}
