import clsx from 'clsx';
import { Switch as Radix } from 'radix-ui';
import { useFieldProps } from './field.tsx';

export interface SwitchProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  id?: string;
  'aria-label'?: string;
}

export function Switch({ checked, onChange, ...rest }: SwitchProps) {
  const { 'aria-required': _, ...field } = useFieldProps();
  return (
    <Radix.Root
      {...field}
      {...rest}
      checked={checked}
      onCheckedChange={onChange}
      className={clsx(
        'inline-flex h-6 w-10 shrink-0 items-center rounded-full border border-edge bg-sunken p-0.5 transition-colors',
        'disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent',
      )}
    >
      <Radix.Thumb className="block size-4.5 rounded-full bg-ink-faint transition-all data-[state=checked]:translate-x-4 data-[state=checked]:bg-on-accent" />
    </Radix.Root>
  );
}
