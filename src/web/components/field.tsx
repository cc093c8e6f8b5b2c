/** A control with its name, what it is for, and what is wrong with it. */
import clsx from 'clsx';
import { CircleAlert } from 'lucide-react';
import { type ComponentProps, createContext, type ReactNode, useContext, useId } from 'react';
import { useTranslation } from 'react-i18next';

interface FieldIds {
  control: string;
  describedBy: string | undefined;
  invalid: boolean;
  required: boolean;
}

const FieldContext = createContext<FieldIds | undefined>(undefined);

export interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  required?: boolean;
  /** Beside the label, at the other end of its line. */
  aside?: ReactNode;
  className?: string;
  /** An Input, Textarea, Select or Switch: it finds its label by itself. */
  children: ReactNode;
}

export function Field({ label, hint, error, required = false, aside, className, children }: FieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const [hintId, errorId] = [`${id}-hint`, `${id}-error`];
  const describedBy = [error && errorId, hint && hintId].filter(Boolean).join(' ') || undefined;
  return (
    <div className={clsx('flex min-w-0 flex-col gap-1.5', className)}>
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="font-medium text-ink text-sm">
          {label}
          {required && <span className="ml-1.5 font-normal text-ink-faint text-xs">{t('required')}</span>}
        </label>
        {aside}
      </div>
      <FieldContext value={{ control: id, describedBy, invalid: Boolean(error), required }}>
        {children}
      </FieldContext>
      {error && (
        <p id={errorId} className="flex items-start gap-1.5 text-bad-ink text-sm">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 break-words">{error}</span>
        </p>
      )}
      {hint && (
        <p id={hintId} className="text-ink-faint text-sm">
          {hint}
        </p>
      )}
    </div>
  );
}

/** What a control takes from the field around it; outside one, nothing. */
export function useFieldProps() {
  const field = useContext(FieldContext);
  if (!field) return {};
  return {
    id: field.control,
    'aria-describedby': field.describedBy,
    'aria-invalid': field.invalid || undefined,
    'aria-required': field.required || undefined,
  };
}

/** On a phone 16 px: smaller, and the page is zoomed when the keyboard comes. */
export const controlClass = clsx(
  'w-full min-w-0 rounded-md border border-edge bg-surface px-3 text-base text-ink transition-colors sm:text-sm',
  'placeholder:text-ink-faint hover:border-ink-faint aria-invalid:border-bad',
  'focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0',
  'disabled:cursor-not-allowed disabled:bg-sunken disabled:opacity-70',
);

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input {...useFieldProps()} {...rest} className={clsx(controlClass, 'h-10 sm:h-9', className)} />;
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return (
    <textarea
      {...useFieldProps()}
      {...rest}
      className={clsx(controlClass, 'field-sizing-content min-h-20 resize-y py-2', className)}
    />
  );
}
