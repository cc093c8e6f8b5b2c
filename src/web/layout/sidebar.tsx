import { AccountButton } from './account-button.tsx';
import { Logo } from './logo.tsx';
import { NavList } from './nav-list.tsx';

/** On wide screens. */
export function Sidebar() {
  return (
    <header className="sticky top-0 hidden h-dvh flex-col border-line border-r bg-canvas lg:flex">
      <div className="px-5 pt-6 pb-5">
        <Logo />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2.5 py-1">
        <NavList />
      </div>
      <div className="border-line border-t p-2.5">
        <AccountButton side="top" />
      </div>
    </header>
  );
}
