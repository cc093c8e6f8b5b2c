import type { FieldTemplateProps } from '@rjsf/utils';
import clsx from 'clsx';
import { CircleHelp, Sparkles } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
import { useFormKnowledge } from './form-context.ts';

/** A field of the form: its name, what it is for if one asks, what is wrong with it. */
export function FieldTemplate(props: FieldTemplateProps) {
  const { id, schema, label, rawErrors, required, children, hidden, formData, fieldPathId, onChange } = props;
  const { t } = useTranslation('playground');
  const { examples } = useFormKnowledge();
  const [explained, setExplained] = useState(false);
  if (hidden) return null;
  // The form itself is an object too.
  if (schema.type === 'object') return children;
  if (schema.type === 'boolean') return <SwitchRow {...props} />;
  const example = examples[fieldPathId.path.join('.')];
  const description = schema.description?.trim();
  return (
    <div id={`${id}-field`}>
      <Field
        label={label}
        required={required ?? false}
        error={rawErrors?.join(' ')}
        hint={explained && description}
        aside={
          <div className="flex items-center gap-1 self-center">
            {example && !formData && (
              <Button
                size="sm"
                variant="ghost"
                icon={<Sparkles aria-hidden />}
                onClick={() => onChange(example, fieldPathId.path)}
                className="-my-2"
              >
                {t('useExample')}
              </Button>
            )}
            {description && (
              <Explain label={label} open={explained} onToggle={() => setExplained(!explained)} />
            )}
          </div>
        }
      >
        {children}
      </Field>
    </div>
  );
}

/** Its description beside the switch: what it does is not plain from its name. */
function SwitchRow({ id, label, schema, rawErrors, children }: FieldTemplateProps) {
  const describedBy = useId();
  return (
    <div id={`${id}-field`} className="flex items-start justify-between gap-4">
      <div className="min-w-0">
        <label htmlFor={id} className="font-medium text-sm">
          {label}
        </label>
        {schema.description && (
          <p id={describedBy} className="mt-0.5 text-ink-faint text-xs">
            {schema.description}
          </p>
        )}
        {rawErrors?.map((error) => (
          <p key={error} className="mt-0.5 text-bad-ink text-sm">
            {error}
          </p>
        ))}
      </div>
      {children}
    </div>
  );
}

function Explain({ label, open, onToggle }: { label: string; open: boolean; onToggle: () => void }) {
  const { t } = useTranslation('playground');
  return (
    <button
      type="button"
      aria-expanded={open}
      aria-label={t('explain', { field: label })}
      title={t('explain', { field: label })}
      onClick={onToggle}
      className={clsx(
        '-my-2 -mr-2 grid size-9 shrink-0 place-items-center self-center rounded-md transition-colors hover:text-ink sm:-my-1.5 sm:size-8',
        open ? 'text-ink' : 'text-ink-faint',
      )}
    >
      <CircleHelp aria-hidden className="size-4" />
    </button>
  );
}
