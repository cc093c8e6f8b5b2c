import clsx from 'clsx';
import type { ReactNode } from 'react';
import { usePageTitle } from '../lib/page-title.ts';

export interface PageProps {
  /** The heading, and the name of the tab. */
  title: string;
  description?: ReactNode;
  /** At the other end of the heading's line; below it on a phone. */
  actions?: ReactNode;
  /** For pages that read better when narrow. */
  narrow?: boolean;
  children?: ReactNode;
}

/** The frame of a page: heading, what it is for, what can be done. */
export function Page({ title, description, actions, narrow = false, children }: PageProps) {
  usePageTitle(title);
  return (
    <div
      className={clsx(
        'mx-auto w-full px-4 pt-6 pb-12 sm:px-6 lg:px-8 lg:pt-9',
        narrow ? 'max-w-3xl' : 'max-w-7xl',
      )}
    >
      <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <div className="min-w-0 max-w-2xl">
          <h1 className="break-words font-semibold text-2xl tracking-tight">{title}</h1>
          {description && <p className="mt-1.5 text-ink-soft">{description}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
