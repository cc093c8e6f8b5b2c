import clsx from 'clsx';
import { type ReactNode, useId } from 'react';
import { useFieldProps } from '../../../components/field.tsx';

interface Choice {
  value: string | number;
  label: ReactNode;
  /** Below the label. */
  detail?: ReactNode;
  /** Above it. */
  picture?: ReactNode;
}

export interface ChoicesProps {
  /** What is chosen, for screen readers. */
  label: string;
  value: unknown;
  choices: readonly Choice[];
  disabled?: boolean | undefined;
  onChange: (value: string | number) => void;
  /** Of the grid. */
  className: string;
}

/** Radio buttons as tiles: arrow keys choose. */
export function Choices({ label, value, choices, disabled, onChange, className }: ChoicesProps) {
  const name = useId();
  const { 'aria-describedby': describedBy } = useFieldProps();
  return (
    <fieldset aria-describedby={describedBy} disabled={disabled} className={clsx('grid gap-1.5', className)}>
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className={clsx(
            'relative flex min-h-10 min-w-0 cursor-pointer select-none flex-col items-center justify-center gap-1 rounded-md border px-1 py-1.5 text-center text-sm leading-tight transition-colors sm:min-h-9',
            'has-disabled:cursor-not-allowed has-disabled:opacity-60 has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-1',
            choice.value === value
              ? 'border-accent bg-accent-soft font-medium text-accent-ink'
              : 'border-line bg-surface text-ink-soft hover:border-edge hover:text-ink',
          )}
        >
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
            className="absolute inset-0 cursor-pointer appearance-none rounded-md outline-none"
          />
          {choice.picture}
          <span className="max-w-full truncate tabular-nums">{choice.label}</span>
          {choice.detail && (
            <span className="max-w-full truncate font-normal text-ink-faint text-xs tabular-nums">
              {choice.detail}
            </span>
          )}
        </label>
      ))}
    </fieldset>
  );
}
