import clsx from 'clsx';
import { type ReactNode, useId } from 'react';

export interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode }[];
  onChange: (value: Value) => void;
  className?: string;
}

/** One of a few, all of them in sight. Radio buttons underneath: arrow keys choose. */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  onChange,
  className,
}: SegmentedProps<Value>) {
  const name = useId();
  return (
    <fieldset
      className={clsx('inline-flex max-w-full gap-0.5 overflow-x-auto rounded-md bg-sunken p-0.5', className)}
    >
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={clsx(
            'relative inline-flex h-9 shrink-0 cursor-pointer items-center justify-center rounded-sm px-3 font-medium text-sm transition-colors sm:h-8',
            'has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:-outline-offset-1',
            option.value === value ? 'bg-surface text-ink shadow-card' : 'text-ink-soft hover:text-ink',
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="absolute inset-0 cursor-pointer appearance-none outline-none"
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
