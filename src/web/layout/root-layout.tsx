import { Outlet, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { shownToasts, subscribeToToasts } from '../components/toast-store.ts';

/** Loaded with the first toast. */
const Toasts = lazy(() =>
  import('../components/toasts.tsx').then(({ Toasts: Component }) => ({ default: Component })),
);

export function RootLayout() {
  useFocusOnNavigation();
  const hasToasts = useSyncExternalStore(subscribeToToasts, shownToasts).length > 0;
  return (
    <>
      <Outlet />
      <Suspense>{hasToasts && <Toasts />}</Suspense>
    </>
  );
}

/** After going to another page the keyboard and the screen reader go on at its beginning, not where the old one ended. */
function useFocusOnNavigation(): void {
  const router = useRouter();
  useEffect(() => {
    // The router knows no page before the first that has loaded, and a link may be followed earlier.
    let shown = router.state.location.pathname;
    return router.subscribe('onRendered', ({ toLocation: { pathname } }) => {
      if (pathname === shown) return;
      shown = pathname;
      const content = document.getElementById('content');
      // A page that begins with a field has put the focus there.
      if (!content?.contains(document.activeElement)) content?.focus({ preventScroll: true });
    });
  }, [router]);
}
