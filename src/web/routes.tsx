/** Every page and its address. Each is loaded when it is first opened, or pointed at. */
import {
  type AnyRoute,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouteComponent,
  redirect,
} from '@tanstack/react-router';
import { PageError } from './layout/page-error.tsx';
import { PageNotFound } from './layout/page-not-found.tsx';
import { PagePending, Splash } from './layout/page-pending.tsx';
import { RootLayout } from './layout/root-layout.tsx';
import { SignedInLayout } from './layout/signed-in-layout.tsx';
import { readExploreSearch } from './pages/explore/search.ts';
import { readGenerationsSearch } from './pages/generations/search.ts';
import { readPlaygroundSearch } from './pages/playground/search.ts';
import { readSignInSearch } from './pages/sign-in/search.ts';
import { readUsageSearch } from './pages/usage/search.ts';
import { loadSession, subscribe } from './session/session.ts';

const root = createRootRoute({ component: RootLayout, notFoundComponent: PageNotFound });

/** Pages of who is signed in; who is not is asked to, and comes back. */
const signedIn = createRoute({
  id: 'signed-in',
  getParentRoute: () => root,
  component: SignedInLayout,
  pendingComponent: Splash,
  beforeLoad: async ({ location }) => {
    const { active } = await loadSession();
    if (!active) throw redirect({ to: '/sign-in', search: { to: location.href }, replace: true });
  },
});

const explore = createRoute({
  path: '/',
  getParentRoute: () => signedIn,
  validateSearch: readExploreSearch,
  component: lazyRouteComponent(() => import('./pages/explore/page.tsx'), 'ExplorePage'),
});
const playground = createRoute({
  path: '/models/$',
  getParentRoute: () => signedIn,
  validateSearch: readPlaygroundSearch,
  component: lazyRouteComponent(() => import('./pages/playground/page.tsx'), 'PlaygroundPage'),
});
const generations = createRoute({
  path: '/generations',
  getParentRoute: () => signedIn,
  validateSearch: readGenerationsSearch,
  component: lazyRouteComponent(() => import('./pages/generations/page.tsx'), 'GenerationsPage'),
});
const generation = createRoute({
  path: '/generations/$id',
  getParentRoute: () => signedIn,
  component: lazyRouteComponent(() => import('./pages/generation/page.tsx'), 'GenerationPage'),
});
const keys = createRoute({
  path: '/keys',
  getParentRoute: () => signedIn,
  component: lazyRouteComponent(() => import('./pages/keys/page.tsx'), 'KeysPage'),
});
const usage = createRoute({
  path: '/usage',
  getParentRoute: () => signedIn,
  validateSearch: readUsageSearch,
  component: lazyRouteComponent(() => import('./pages/usage/page.tsx'), 'UsagePage'),
});
const webhooks = createRoute({
  path: '/webhooks',
  getParentRoute: () => signedIn,
  component: lazyRouteComponent(() => import('./pages/webhooks/page.tsx'), 'WebhooksPage'),
});
const system = createRoute({
  path: '/system',
  getParentRoute: () => signedIn,
  component: lazyRouteComponent(() => import('./pages/system/page.tsx'), 'SystemPage'),
});
const signIn = createRoute({
  path: '/sign-in',
  getParentRoute: () => root,
  validateSearch: readSignInSearch,
  component: lazyRouteComponent(() => import('./pages/sign-in/page.tsx'), 'SignInPage'),
});

const routeTree = root.addChildren([
  signedIn.addChildren([explore, playground, generations, generation, keys, usage, webhooks, system]),
  signIn,
]);

export type AppRouter = ReturnType<typeof createAppRouter>;

export function createAppRouter() {
  const router = createRouter({
    routeTree,
    defaultPreload: 'intent',
    defaultPendingComponent: PagePending,
    defaultPendingMs: 400,
    defaultErrorComponent: PageError,
    defaultNotFoundComponent: PageNotFound,
    scrollRestoration: true,
    // What a page has not checked, it never sees.
    search: { strict: true },
  });
  // Signed out here or in another tab: the guard above decides where that leads.
  subscribe(() => void router.invalidate());
  return router;
}

/** Begins to load the script of the page that the address names, before anything else is known. */
export function preloadPage(router: AppRouter): void {
  const routes: Record<string, AnyRoute> = router.routesById;
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    const component: RouteComponent | undefined = routes[routeId]?.options.component;
    if (component && 'preload' in component) void component.preload?.();
  }
}

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
}
