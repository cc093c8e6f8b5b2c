/** Controls for texts. */
import type { WidgetProps } from '@rjsf/utils';
import clsx from 'clsx';
import { useTranslation } from 'react-i18next';
import { Textarea } from '../../../components/field.tsx';
import { useFormat } from '../../../lib/use-format.ts';
import { useFormKnowledge } from './form-context.ts';
import { lengthOf } from './validator.ts';

/** From here on the end of the room is in sight. */
const NEARLY_FULL = 0.9;

/** Grows with what is written; counts it where there is a limit. */
export function PromptWidget({ name, value, schema, disabled, onChange }: WidgetProps) {
  const { t } = useTranslation('playground');
  const { number } = useFormat();
  const example = useFormKnowledge().examples[name];
  const text = typeof value === 'string' ? value : '';
  const { maxLength } = schema;
  const length = maxLength === undefined ? 0 : lengthOf(text);
  return (
    <div>
      <Textarea
        value={text}
        placeholder={example}
        disabled={disabled}
        rows={example ? 5 : 2}
        onChange={(event) => onChange(event.target.value || undefined)}
        className={clsx('block max-h-[60dvh]', example ? 'min-h-31' : 'min-h-16')}
      />
      {maxLength !== undefined && (
        <p
          className={clsx(
            'mt-1 text-right text-xs tabular-nums',
            length > maxLength
              ? 'font-medium text-bad-ink'
              : length > maxLength * NEARLY_FULL
                ? 'text-warn-ink'
                : 'text-ink-faint',
          )}
        >
          {t('characters', { used: number(length), limit: number(maxLength) })}
        </p>
      )}
    </div>
  );
}

/** A list of words or numbers, each in a line of its own. */
export function LinesWidget({ value, schema, disabled, onChange }: WidgetProps) {
  const { t } = useTranslation('playground');
  const isNumeric = /^(?:integer|number)$/.test(
    String((schema.items as { type?: string } | undefined)?.type),
  );
  const read = (text: string): unknown[] =>
    text === ''
      ? []
      : text
          .split('\n')
          .map((line) =>
            isNumeric && line.trim() !== '' && Number.isFinite(Number(line)) ? Number(line) : line,
          );
  return (
    <Textarea
      value={Array.isArray(value) ? value.join('\n') : ''}
      placeholder={t('onePerLine')}
      disabled={disabled}
      onChange={(event) => onChange(read(event.target.value))}
    />
  );
}
