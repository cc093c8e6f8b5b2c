/** Menus that open from a button. */
import clsx from 'clsx';
import { Check } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';

export interface MenuProps {
  /** The button. */
  trigger: ReactNode;
  align?: 'start' | 'end';
  side?: 'top' | 'bottom';
  /** Open from the beginning: it was loaded because somebody asked for it. */
  defaultOpen?: boolean;
  /** MenuItem, MenuChoice, MenuLabel, MenuSeparator. */
  children: ReactNode;
}

export function Menu({ trigger, align = 'end', side = 'bottom', defaultOpen = false, children }: MenuProps) {
  return (
    <Radix.Root modal={false} defaultOpen={defaultOpen}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          loop
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 animate-rise overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-raised"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const itemClass = clsx(
  'flex min-h-9 cursor-pointer select-none items-center gap-2.5 rounded-md px-2.5 py-1.5 text-ink text-sm outline-none',
  'data-disabled:pointer-events-none data-highlighted:bg-hover data-disabled:opacity-50',
  '[&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-faint',
);

export interface MenuItemProps extends Omit<ComponentProps<typeof Radix.Item>, 'className'> {
  danger?: boolean;
}

/** With `asChild`, a link inside becomes the item. */
export function MenuItem({ danger, ...rest }: MenuItemProps) {
  return <Radix.Item {...rest} className={clsx(itemClass, danger && 'text-bad-ink [&_svg]:text-bad-ink!')} />;
}

export interface MenuChoiceProps<Value extends string> {
  /** What is chosen, for screen readers; shown by a MenuLabel. */
  label: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode; icon?: ReactNode; lang?: string }[];
  onChange: (value: Value) => void;
  /** Beside each other; for a few short words. */
  inRow?: boolean;
}

/** One of several; the menu stays open to show what it does. */
export function MenuChoice<Value extends string>({
  label,
  value,
  options,
  onChange,
  inRow = false,
}: MenuChoiceProps<Value>) {
  return (
    <Radix.RadioGroup
      aria-label={label}
      value={value}
      onValueChange={(chosen) => onChange(chosen as Value)}
      className={clsx(
        inRow && 'mx-1.5 mb-1.5 grid auto-cols-fr grid-flow-col gap-0.5 rounded-md bg-sunken p-0.5',
      )}
    >
      {options.map((option) => (
        <Radix.RadioItem
          key={option.value}
          value={option.value}
          lang={option.lang}
          onSelect={(event) => event.preventDefault()}
          className={inRow ? choiceInRowClass : clsx(itemClass, 'justify-between')}
        >
          {option.icon}
          <span className="min-w-0 truncate">{option.label}</span>
          {!inRow && (
            <Radix.ItemIndicator>
              <Check aria-hidden className="text-accent!" />
            </Radix.ItemIndicator>
          )}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

const choiceInRowClass = clsx(
  'flex min-h-9 cursor-pointer select-none flex-col items-center justify-center gap-1 rounded-sm px-2 py-1.5 font-medium text-ink-soft text-xs outline-none',
  'data-[state=checked]:bg-surface data-[state=checked]:text-ink data-highlighted:text-ink data-[state=checked]:shadow-card',
  'data-highlighted:outline-2 data-highlighted:outline-accent [&_svg]:size-4',
);

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <Radix.Label className="px-2.5 pt-2 pb-1 font-medium text-ink-faint text-xs">{children}</Radix.Label>
  );
}

export function MenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}
