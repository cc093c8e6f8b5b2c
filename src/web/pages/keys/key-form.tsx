import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CreatedKey, Key, KeyFields } from '../../../client/index.ts';
import { Field, Input } from '../../components/field.tsx';
import { FormDialog, type FormValues } from '../../components/form-dialog.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { toast } from '../../components/toast-store.ts';
import { useDarkroom } from '../../session/account.tsx';
import { SCOPES, scopeOf } from './scopes.ts';

export interface KeyFormProps {
  /** Undefined: a new one. */
  edited: Key | undefined;
  onClose: () => void;
  onMade: (made: CreatedKey) => void;
}

export function KeyForm({ edited, onClose, onMade }: KeyFormProps) {
  const { t } = useTranslation('keys');
  const darkroom = useDarkroom();
  const queryClient = useQueryClient();
  const [scope, setScope] = useState(edited ? scopeOf(edited) : 'generate');
  const save = useMutation({
    mutationFn: (fields: KeyFields): Promise<Key | CreatedKey> =>
      edited ? darkroom.keys.update(edited.id, fields) : darkroom.keys.create(fields),
    onSuccess: (key) => {
      void queryClient.invalidateQueries({ queryKey: ['keys'] });
      if ('key' in key) return onMade(key);
      toast({ title: t('saved'), tone: 'good' });
      onClose();
    },
  });

  const submit = ({ text, number }: FormValues): void => {
    const expires = text('expires_at');
    save.mutate({
      name: text('name'),
      scopes: [scope],
      monthly_budget_usd: number('monthly_budget_usd'),
      requests_per_minute: number('requests_per_minute'),
      // To the end of that day, where the reader is.
      expires_at: expires === '' ? null : new Date(`${expires}T23:59:59`).toISOString(),
    });
  };

  return (
    <FormDialog
      title={edited ? t('form.editTitle', { name: edited.name }) : t('form.createTitle')}
      submitLabel={t(edited ? 'form.submitEdit' : 'form.submitCreate')}
      saving={save}
      onSubmit={submit}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <Field label={t('form.name')} required error={wrong('name')}>
            <Input
              name="name"
              defaultValue={edited?.name}
              placeholder={t('form.namePlaceholder')}
              maxLength={100}
              autoComplete="off"
            />
          </Field>
          <div>
            <p className="mb-1.5 font-medium text-sm">{t('form.scope')}</p>
            <Segmented
              label={t('form.scope')}
              value={scope}
              onChange={setScope}
              options={SCOPES.map((value) => ({ value, label: t(`scopes.${value}.name`) }))}
            />
            <p className="mt-1.5 text-ink-faint text-sm">{t(`scopes.${scope}.hint`)}</p>
          </div>
          <Field label={t('form.budget')} hint={t('form.budgetHint')} error={wrong('monthly_budget_usd')}>
            <Input
              name="monthly_budget_usd"
              inputMode="decimal"
              type="number"
              min={0}
              step="any"
              defaultValue={edited?.monthly_budget_usd ?? ''}
            />
          </Field>
          <div className="grid gap-5 sm:grid-cols-2">
            <Field label={t('form.rate')} hint={t('form.rateHint')} error={wrong('requests_per_minute')}>
              <Input
                name="requests_per_minute"
                inputMode="numeric"
                type="number"
                min={1}
                step={1}
                defaultValue={edited?.requests_per_minute ?? ''}
              />
            </Field>
            <Field label={t('form.expires')} hint={t('form.expiresHint')} error={wrong('expires_at')}>
              <Input name="expires_at" type="date" defaultValue={edited?.expires_at?.slice(0, 10) ?? ''} />
            </Field>
          </div>
        </>
      )}
    </FormDialog>
  );
}
