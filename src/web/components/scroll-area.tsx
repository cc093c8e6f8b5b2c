import clsx from 'clsx';
import type { ReactNode } from 'react';

export interface ScrollAreaProps {
  /** What it holds; read out when it is reached. */
  label: string;
  className?: string;
  children: ReactNode;
}

/** Wide things scroll in here, also by keyboard: the page itself never does sideways. */
export function ScrollArea({ label, className, children }: ScrollAreaProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls.
    <div
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
      tabIndex={0}
      className={clsx('overflow-x-auto focus-visible:-outline-offset-2', className)}
    >
      {children}
    </div>
  );
}
