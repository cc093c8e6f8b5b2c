/** Controls for numbers. */
import type { WidgetProps } from '@rjsf/utils';
import { Dices, Minus, Plus, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../../components/button.tsx';
import { Input } from '../../../components/field.tsx';
import { Slider } from '../../../components/slider.tsx';

/** A whole number or a decimal; what is neither stays as it was written, to be told so. */
function numberOf(text: string): number | string | undefined {
  if (text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

export function NumberWidget({ value, disabled, onChange }: WidgetProps) {
  return (
    <Input
      inputMode="decimal"
      autoComplete="off"
      value={value ?? ''}
      disabled={disabled}
      onChange={(event) => onChange(numberOf(event.target.value))}
      className="max-w-40 tabular-nums"
    />
  );
}

/** A small whole number, one more or one less. */
export function StepperWidget({ label, value, schema, disabled, onChange }: WidgetProps) {
  const { t } = useTranslation('playground');
  const { minimum = 0, maximum = 0 } = schema;
  const now = typeof value === 'number' ? value : minimum;
  const go = (by: number): void => onChange(Math.min(maximum, Math.max(minimum, now + by)));
  return (
    <div className="flex w-fit items-center rounded-md border border-edge bg-surface">
      <IconButton
        label={t('less', { field: label })}
        disabled={disabled || now <= minimum}
        onClick={() => go(-1)}
      >
        <Minus />
      </IconButton>
      <Input
        type="text"
        inputMode="numeric"
        role="spinbutton"
        autoComplete="off"
        aria-valuenow={now}
        aria-valuemin={minimum}
        aria-valuemax={maximum}
        value={value ?? ''}
        disabled={disabled}
        onChange={(event) => onChange(numberOf(event.target.value))}
        onKeyDown={(event) => {
          const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          go(step);
        }}
        className="w-11! border-0! bg-transparent! px-0! text-center tabular-nums"
      />
      <IconButton
        label={t('moreOf', { field: label })}
        disabled={disabled || now >= maximum}
        onClick={() => go(1)}
      >
        <Plus />
      </IconButton>
    </div>
  );
}

/** A range in sight; for the tolerance of content filters, what its ends mean. */
export function SliderWidget({ name, label, value, schema, disabled, onChange }: WidgetProps) {
  const { t } = useTranslation('playground');
  const values = schema.enum as number[] | undefined;
  const [minimum, maximum] = values
    ? [values[0]!, values.at(-1)!]
    : [schema.minimum ?? 0, schema.maximum ?? 0];
  const now = typeof value === 'number' ? value : minimum;
  const isSafety = name === 'safety_tolerance';
  const meaning = (at: number): string => {
    if (!isSafety) return String(at);
    if (at === minimum) return t('safety.strictest', { level: at });
    return at === maximum ? t('safety.loosest', { level: at }) : String(at);
  };
  return (
    <div>
      <div className="flex items-center gap-3">
        <Slider
          label={label}
          value={now}
          text={meaning(now)}
          minimum={minimum}
          maximum={maximum}
          step={schema.type === 'integer' ? 1 : (maximum - minimum) / 100}
          disabled={disabled ?? false}
          onChange={onChange}
        />
        <output className="w-8 shrink-0 text-right font-medium text-sm tabular-nums">
          {Math.round(now * 100) / 100}
        </output>
      </div>
      <div aria-hidden className="mr-11 flex justify-between text-ink-faint text-xs">
        <span>{meaning(minimum)}</span>
        <span>{meaning(maximum)}</span>
      </div>
    </div>
  );
}

/** Of the numbers that every backend takes. */
const SEEDS = 2 ** 31;

/** Empty is another one each time. */
export function SeedWidget({ value, disabled, onChange }: WidgetProps) {
  const { t } = useTranslation('playground');
  return (
    <div className="flex gap-2">
      <div className="relative min-w-0 flex-1">
        <Input
          inputMode="numeric"
          autoComplete="off"
          placeholder={t('seed.random')}
          value={value ?? ''}
          disabled={disabled}
          onChange={(event) => onChange(numberOf(event.target.value))}
          className="pr-10 tabular-nums"
        />
        {value !== undefined && (
          <IconButton
            label={t('seed.clear')}
            size="sm"
            disabled={disabled}
            onClick={() => onChange(undefined)}
            className="absolute top-1/2 right-1 -translate-y-1/2"
          >
            <X />
          </IconButton>
        )}
      </div>
      <IconButton
        label={t('seed.draw')}
        variant="secondary"
        disabled={disabled}
        onClick={() => onChange(Math.floor(Math.random() * SEEDS))}
      >
        <Dices />
      </IconButton>
    </div>
  );
}
