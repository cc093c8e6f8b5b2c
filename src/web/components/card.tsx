import clsx from 'clsx';
import type { ComponentProps, ReactNode } from 'react';

/** A sheet of its own on the page's ground. */
export function Card({ className, ...rest }: ComponentProps<'div'>) {
  return (
    <div {...rest} className={clsx('rounded-lg border border-line bg-surface shadow-card', className)} />
  );
}

export interface SectionProps {
  title: ReactNode;
  description?: ReactNode;
  /** At the other end of its line. */
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A card with a heading. */
export function Section({ title, description, actions, className, children }: SectionProps) {
  return (
    <section className={clsx('rounded-lg border border-line bg-surface shadow-card', className)}>
      <header className="flex flex-wrap items-start justify-between gap-3 px-4 pt-4 sm:px-5">
        <div className="min-w-0">
          <h2 className="font-semibold text-base">{title}</h2>
          {description && <p className="mt-0.5 text-ink-soft text-sm">{description}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      <div className="p-4 sm:p-5">{children}</div>
    </section>
  );
}
