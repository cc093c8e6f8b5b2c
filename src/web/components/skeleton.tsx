import clsx from 'clsx';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** The place of something that is still loading; give it that thing's size, so that nothing moves when it has come. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx('animate-sheen rounded-md bg-hover', className)} />;
}

/** Says once, to who cannot see the grey places, that it is loading. */
export function Loading({ className, children }: { className?: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div aria-busy className={className}>
      <p role="status" className="sr-only">
        {t('states.loading')}
      </p>
      {children}
    </div>
  );
}
