import clsx from 'clsx';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';

export interface CheckboxProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  className?: string;
  /** What it says yes to. */
  children: ReactNode;
}

/** A box with its words, which are as good to press as the box. */
export function Checkbox({ checked, onChange, disabled, className, children }: CheckboxProps) {
  return (
    <label
      className={clsx(
        'inline-flex min-h-10 cursor-pointer select-none items-center gap-2.5 rounded-md text-sm sm:min-h-9',
        'has-disabled:cursor-not-allowed has-disabled:opacity-55',
        className,
      )}
    >
      <span className="relative grid size-4.5 shrink-0 place-items-center">
        <input
          type="checkbox"
          checked={checked}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
          className="peer size-full cursor-pointer appearance-none rounded-sm border border-edge bg-surface transition-colors checked:border-accent checked:bg-accent"
        />
        <Check
          aria-hidden
          strokeWidth={3}
          className="pointer-events-none absolute size-3.5 scale-0 text-on-accent transition-transform peer-checked:scale-100"
        />
      </span>
      {children}
    </label>
  );
}
