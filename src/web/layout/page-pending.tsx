import { Loading, Skeleton } from '../components/skeleton.tsx';
import { LogoMark } from './logo.tsx';

/** In place of a page whose script is long in coming. */
export function PagePending() {
  return (
    <Loading className="mx-auto w-full max-w-7xl px-4 pt-6 pb-12 sm:px-6 lg:px-8 lg:pt-9">
      <Skeleton className="h-8 w-48" />
      <Skeleton className="mt-3 h-4 w-full max-w-md" />
      <Skeleton className="mt-8 h-64" />
    </Loading>
  );
}

/** In place of everything, until it is known who is signed in; the same as in index.html, where it begins. */
export function Splash() {
  return (
    <Loading className="grid min-h-dvh place-items-center">
      <LogoMark className="size-10 animate-sheen" />
    </Loading>
  );
}
