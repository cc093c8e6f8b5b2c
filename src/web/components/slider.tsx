import { Slider as Radix } from 'radix-ui';
import { useFieldProps } from './field.tsx';

export interface SliderProps {
  label: string;
  value: number;
  minimum: number;
  maximum: number;
  step: number;
  /** The value in words, for screen readers. */
  text: string;
  disabled?: boolean;
  onChange: (value: number) => void;
}

/** One number of a range. */
export function Slider({
  label,
  value,
  minimum,
  maximum,
  step,
  text,
  disabled = false,
  onChange,
}: SliderProps) {
  const { 'aria-describedby': describedBy } = useFieldProps();
  return (
    <Radix.Root
      value={[value]}
      min={minimum}
      max={maximum}
      step={step}
      disabled={disabled}
      onValueChange={([chosen]) => onChange(chosen!)}
      className="relative flex h-10 w-full touch-none select-none items-center data-disabled:opacity-50 sm:h-8"
    >
      <Radix.Track className="relative h-1.5 grow rounded-full bg-line">
        <Radix.Range className="absolute h-full rounded-full bg-accent" />
      </Radix.Track>
      <Radix.Thumb
        aria-label={label}
        aria-valuetext={text}
        aria-describedby={describedBy}
        className="block size-5 rounded-full border border-edge bg-raised shadow-raised focus-visible:outline-2 focus-visible:outline-accent"
      />
    </Radix.Root>
  );
}
