import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CreatedWebhook, EventType, Webhook, WebhookFields } from '../../../client/index.ts';
import { Checkbox } from '../../components/checkbox.tsx';
import { Field, Input } from '../../components/field.tsx';
import { FormDialog, type FormValues } from '../../components/form-dialog.tsx';
import { useDarkroom } from '../../session/account.tsx';

const EVENTS: readonly EventType[] = [
  'request.completed',
  'request.failed',
  'request.cancelled',
  'request.in_progress',
  'request.output',
];
const ENDS: readonly EventType[] = EVENTS.slice(0, 3);

export interface WebhookFormProps {
  edited: Webhook | undefined;
  onClose: () => void;
  onMade: (made: CreatedWebhook) => void;
}

export function WebhookForm({ edited, onClose, onMade }: WebhookFormProps) {
  const { t } = useTranslation('webhooks');
  const darkroom = useDarkroom();
  const queryClient = useQueryClient();
  const [events, setEvents] = useState<readonly EventType[]>(edited?.events ?? ENDS);
  const save = useMutation({
    mutationFn: (fields: WebhookFields): Promise<Webhook | CreatedWebhook> =>
      edited ? darkroom.webhooks.update(edited.id, fields) : darkroom.webhooks.create(fields),
    onSuccess: (saved) => {
      void queryClient.invalidateQueries({ queryKey: ['webhooks'] });
      if ('secret' in saved) onMade(saved);
      else onClose();
    },
  });
  const submit = ({ text }: FormValues): void => {
    const description = text('description');
    save.mutate({
      url: text('url'),
      description: description === '' ? null : description,
      events: [...events],
    });
  };
  return (
    <FormDialog
      title={t(edited ? 'form.editTitle' : 'form.createTitle')}
      saving={save}
      onSubmit={submit}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <Field label={t('form.url')} hint={t('form.urlHint')} required error={wrong('url')}>
            <Input
              name="url"
              type="url"
              inputMode="url"
              autoComplete="off"
              placeholder="https://example.com/darkroom"
              defaultValue={edited?.url}
            />
          </Field>
          <Field label={t('form.description')} error={wrong('description')}>
            <Input name="description" maxLength={200} defaultValue={edited?.description ?? ''} />
          </Field>
          <fieldset>
            <legend className="mb-1 font-medium text-sm">{t('form.events')}</legend>
            <div className="flex flex-col">
              {EVENTS.map((event) => (
                <Checkbox
                  key={event}
                  checked={events.includes(event)}
                  onChange={(checked) =>
                    setEvents(EVENTS.filter((each) => (each === event ? checked : events.includes(each))))
                  }
                >
                  <span>
                    {t(`events.${event.slice('request.'.length) as 'completed'}`)}{' '}
                    <code className="text-ink-faint text-xs">{event}</code>
                  </span>
                </Checkbox>
              ))}
            </div>
            {wrong('events') && <p className="mt-1 text-bad-ink text-sm">{wrong('events')}</p>}
          </fieldset>
        </>
      )}
    </FormDialog>
  );
}
