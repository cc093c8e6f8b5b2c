import { AccountButton } from './account-button.tsx';
import { Logo } from './logo.tsx';

/** On a phone: where one is, and who. */
export function TopBar() {
  return (
    <header className="sticky top-0 z-30 flex h-14 items-center justify-between gap-3 border-line border-b bg-canvas/90 px-4 backdrop-blur-md lg:hidden">
      <Logo />
      <AccountButton side="bottom" compact />
    </header>
  );
}
