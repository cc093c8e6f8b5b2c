import type { IChangeEvent } from '@rjsf/core';
// Not by the package's own name: that leads to a validator besides, which nobody needs here.
import Form from '@rjsf/core/lib/components/Form.js';
import type { ErrorSchema, RegistryFieldsType, RegistryWidgetsType, RJSFSchema } from '@rjsf/utils';
import { type RefObject, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { InputSchema } from '../../../../client/index.ts';
import { ImagesField } from '../images/images-field.tsx';
import type { Input } from '../input.ts';
import { RatioWidget, SegmentsWidget, SelectWidget, SwitchWidget } from './choice-widgets.tsx';
import { FieldTemplate } from './field-template.tsx';
import { useFormKnowledge } from './form-context.ts';
import { formSchema, formUiSchema } from './form-schema.ts';
import { NumberWidget, SeedWidget, SliderWidget, StepperWidget } from './number-widgets.tsx';
import { ObjectTemplate } from './object-template.tsx';
import { LinesWidget, PromptWidget } from './text-widgets.tsx';
import { createValidator } from './validator.ts';

export type InputFormHandle = Form<Input, RJSFSchema>;

export interface InputFormProps {
  /** To submit it from elsewhere. */
  form: RefObject<InputFormHandle | null>;
  schema: InputSchema;
  input: Input;
  /** What the server found wrong. */
  problems: ErrorSchema<Input> | undefined;
  onChange: (input: Input) => void;
  /** With an input that breaks no rule that is known here. */
  onRun: () => void;
}

const WIDGETS = {
  prompt: PromptWidget,
  ratio: RatioWidget,
  segments: SegmentsWidget,
  select: SelectWidget,
  stepper: StepperWidget,
  slider: SliderWidget,
  number: NumberWidget,
  seed: SeedWidget,
  switch: SwitchWidget,
  lines: LinesWidget,
} satisfies RegistryWidgetsType;
const FIELDS = { images: ImagesField } satisfies RegistryFieldsType;
const TEMPLATES = { FieldTemplate, ObjectFieldTemplate: ObjectTemplate };

const NO_DEFAULTS = { arrayMinItems: { populate: 'never' }, emptyObjectFields: 'skipDefaults' } as const;

/** The form of a model, made from its input schema. */
export function InputForm({ form, schema, input, problems, onChange, onRun }: InputFormProps) {
  const { t, i18n } = useTranslation('playground');
  const { folded, setUnfolded } = useFormKnowledge();
  // Once told what is wrong, one sees it become right.
  const [watched, setWatched] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `t` is another function in another language only.
  const validator = useMemo(() => createValidator(t), [i18n.language]);
  const [jsonSchema, uiSchema] = useMemo(() => [formSchema(schema), formUiSchema(schema)], [schema]);
  const lead = (name: string): void => {
    if (folded.includes(name)) setUnfolded(true);
    // After what was folded is there.
    requestAnimationFrame(() => {
      const field = document.getElementById(`input_${name}-field`);
      field?.scrollIntoView({ block: 'nearest' });
      field?.querySelector<HTMLElement>('textarea, input, select')?.focus({ preventScroll: true });
    });
  };
  return (
    <Form<Input, RJSFSchema>
      ref={form}
      idPrefix="input"
      schema={jsonSchema}
      uiSchema={uiSchema}
      formData={input}
      validator={validator}
      widgets={WIDGETS}
      fields={FIELDS}
      templates={TEMPLATES}
      noHtml5Validate
      // It is given its values: nothing is to be added to them.
      experimental_defaultFormStateBehavior={NO_DEFAULTS}
      showErrorList={false}
      liveValidate={watched ? 'onChange' : false}
      extraErrors={problems ?? {}}
      onChange={({ formData }: IChangeEvent<Input, RJSFSchema>) => onChange(formData ?? {})}
      onSubmit={onRun}
      onError={(errors) => {
        setWatched(true);
        const [first] = errors;
        if (first?.property) lead(first.property.replace(/^\./, '').split('.')[0]!);
      }}
    />
  );
}
