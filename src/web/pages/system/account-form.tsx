import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Field, Input } from '../../components/field.tsx';
import { FormDialog, type FormValues } from '../../components/form-dialog.tsx';
import { useAccount } from '../../session/account.tsx';
import type { AccountFields, AccountOverview } from './api.ts';

export function AccountForm({
  edited,
  onClose,
}: {
  edited: AccountOverview | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation('system');
  const { call } = useAccount();
  const queryClient = useQueryClient();
  const save = useMutation({
    mutationFn: (fields: AccountFields) =>
      edited
        ? call(`/v1/accounts/${edited.id}`, { method: 'PATCH', json: fields })
        : call('/v1/accounts', {
            method: 'POST',
            json: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)),
          }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['accounts'] });
      void queryClient.invalidateQueries({ queryKey: ['system'] });
      onClose();
    },
  });
  const submit = ({ text, number }: FormValues): void => {
    save.mutate({
      name: text('name'),
      max_running: number('max_running'),
      max_queued: number('max_queued'),
      monthly_budget_usd: number('monthly_budget_usd'),
    });
  };
  const limits: { name: 'max_running' | 'max_queued'; value: number | null | undefined }[] = [
    { name: 'max_running', value: edited?.limits.max_running },
    { name: 'max_queued', value: edited?.limits.max_queued },
  ];
  return (
    <FormDialog
      title={edited ? t('accounts.edit', { name: edited.name }) : t('accounts.create')}
      saving={save}
      onSubmit={submit}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <Field label={t('accounts.name')} required error={wrong('name')}>
            <Input name="name" defaultValue={edited?.name} maxLength={100} autoComplete="off" />
          </Field>
          <Field
            label={t('accounts.budget')}
            hint={t('accounts.budgetHint')}
            error={wrong('monthly_budget_usd')}
          >
            <Input
              name="monthly_budget_usd"
              type="number"
              min={0}
              step="any"
              inputMode="decimal"
              defaultValue={edited?.budget.monthly_usd ?? ''}
            />
          </Field>
          <div className="grid gap-5 sm:grid-cols-2">
            {limits.map(({ name, value }) => (
              <Field
                key={name}
                label={t(`accounts.${name}`)}
                hint={t('accounts.limitHint')}
                error={wrong(name)}
              >
                <Input
                  name={name}
                  type="number"
                  min={1}
                  step={1}
                  inputMode="numeric"
                  defaultValue={value ?? ''}
                  placeholder={edited ? String(edited.effective_limits[name]) : undefined}
                />
              </Field>
            ))}
          </div>
        </>
      )}
    </FormDialog>
  );
}
