/** Controls for one of a few values. */
import type { WidgetProps } from '@rjsf/utils';
import { WandSparkles } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Select } from '../../../components/select.tsx';
import { Switch } from '../../../components/switch.tsx';
import { useFormat } from '../../../lib/use-format.ts';
import { Choices } from './choices.tsx';
import { useFormKnowledge } from './form-context.ts';

type Value = string | number;
const allowedOf = ({ schema }: WidgetProps): Value[] => (schema.enum ?? []) as Value[];

/** Each ratio drawn as what it is. */
export function RatioWidget(props: WidgetProps) {
  const { t } = useTranslation('playground');
  const { label, value, disabled, onChange } = props;
  return (
    <Choices
      label={label}
      value={value}
      disabled={disabled}
      onChange={onChange}
      className="grid-cols-[repeat(auto-fill,minmax(3.25rem,1fr))]"
      choices={allowedOf(props).map((ratio) => ({
        value: ratio,
        label: ratio === 'auto' ? t('auto') : ratio,
        picture: <RatioPicture ratio={String(ratio)} />,
      }))}
    />
  );
}

/** The longer side of a drawn ratio, in pixels. */
const LONGER = 22;

function RatioPicture({ ratio }: { ratio: string }) {
  const [width, height] = ratio.split(':').map(Number);
  const scale = LONGER / Math.max(width ?? 1, height ?? 1);
  return (
    <span aria-hidden className="grid size-6 place-items-center">
      {width && height ? (
        <span
          className="rounded-[2px] border-[1.5px] border-current"
          style={{ width: width * scale, height: height * scale }}
        />
      ) : (
        <WandSparkles className="size-4.5" />
      )}
    </span>
  );
}

/** A few words beside each other; resolutions with what they cost. */
export function SegmentsWidget(props: WidgetProps) {
  const { prices } = useFormKnowledge();
  const { t } = useTranslation('common');
  const { money } = useFormat();
  const { name, label, value, disabled, onChange } = props;
  const allowed = allowedOf(props);
  const priceOf = (choice: Value): string | undefined => {
    const price = name === 'resolution' ? prices?.[choice] : undefined;
    return price === undefined ? undefined : price === 0 ? t('free') : money(price);
  };
  return (
    <Choices
      label={label}
      value={value}
      disabled={disabled}
      onChange={onChange}
      className={allowed.length === 3 ? 'grid-cols-3' : 'grid-cols-4'}
      choices={allowed.map((choice) => ({
        value: choice,
        label: choice,
        // Its place is kept until the price is known.
        detail: priceOf(choice) ?? (name === 'resolution' && !prices ? '\u00a0' : undefined),
      }))}
    />
  );
}

export function SelectWidget(props: WidgetProps) {
  const { value, disabled, onChange } = props;
  const allowed = allowedOf(props);
  const unset = allowed.includes(value) ? [] : [{ value: '', label: '…', disabled: true }];
  return (
    <Select
      value={String(value ?? '')}
      disabled={disabled}
      options={[...unset, ...allowed.map((choice) => ({ value: String(choice), label: String(choice) }))]}
      onChange={(chosen) => onChange(allowed.find((choice) => String(choice) === chosen))}
    />
  );
}

export function SwitchWidget({ id, value, disabled = false, onChange }: WidgetProps) {
  return <Switch id={id} checked={value === true} disabled={disabled} onChange={onChange} />;
}
