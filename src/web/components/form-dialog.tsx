import { type FormEvent, type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { ValidationError } from '../../client/index.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Notice } from './notice.tsx';
import { useErrorText } from './states.tsx';

/** What stands in a form, by the names of its controls. */
export interface FormValues {
  /** Without the spaces around it. */
  text(name: string): string;
  /** Null where nothing stands. */
  number(name: string): number | null;
}

export interface FormDialogProps {
  title: ReactNode;
  /** On the button; without it "Save". */
  submitLabel?: ReactNode;
  /** The mutation that saves it. */
  saving: { error: Error | null; isPending: boolean };
  onSubmit: (values: FormValues) => void;
  onClose: () => void;
  /** @param wrong what the server found wrong with the field of that name. */
  children: (wrong: (field: string) => string | undefined) => ReactNode;
}

/** A dialog that is one form. What the server refuses stands next to its field, any other error above them all. */
export function FormDialog({ title, submitLabel, saving, onSubmit, onClose, children }: FormDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const { error } = saving;
  const refused = error instanceof ValidationError ? error.detail : [];
  const errorText = useErrorText(error);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? '').trim();
    onSubmit({ text, number: (name) => (text(name) === '' ? null : Number(text(name))) });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{t('actions.cancel')}</Button>
          <Button type="submit" form={id} variant="primary" busy={saving.isPending}>
            {submitLabel ?? t('actions.save')}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} noValidate className="flex flex-col gap-5">
        {error && refused.length === 0 && <Notice tone="bad">{errorText}</Notice>}
        {children((field) => refused.find(({ loc }) => loc.includes(field))?.msg)}
      </form>
    </Dialog>
  );
}
