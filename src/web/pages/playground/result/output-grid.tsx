import clsx from 'clsx';
import type { ReactNode } from 'react';

export interface OutputGridProps {
  count: number;
  /** Width by height of each. */
  ratio: number;
  children: ReactNode;
}

/** One large, several beside each other; what is wide stands below each other on a phone. */
export function OutputGrid({ count, ratio, children }: OutputGridProps) {
  const isTall = ratio < 0.9;
  return (
    <ul
      className={clsx(
        'grid gap-3',
        count > 1 && (ratio > 2 ? 'grid-cols-1' : ratio > 1.4 ? 'grid-cols-1 sm:grid-cols-2' : 'grid-cols-2'),
        count === 1 && isTall && 'mx-auto w-full max-w-[calc(75dvh*var(--ratio))]',
      )}
      style={{ '--ratio': ratio } as Record<string, number>}
    >
      {children}
    </ul>
  );
}
