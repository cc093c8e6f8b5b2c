import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Ban, RotateCcw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HistoryEntry } from '../../../client/index.ts';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { toast } from '../../components/toast-store.ts';
import { useDarkroom, useMay } from '../../session/account.tsx';
import { isMoving } from '../generations/use-generations.ts';

/** Run it again, cancel it while it waits, delete it when it has ended. */
export function Actions({ request }: { request: HistoryEntry }) {
  const { t } = useTranslation(['generations', 'common']);
  const darkroom = useDarkroom();
  const mayGenerate = useMay('generate');
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const id = request.request_id;
  const failed = (error: Error): void => toast({ title: error.message, tone: 'bad' });
  const changed = (): void => {
    void queryClient.invalidateQueries({ queryKey: ['request', id] });
    void queryClient.invalidateQueries({ queryKey: ['requests'] });
  };

  const again = useMutation({
    mutationFn: () => darkroom.submit(request.model_id as string, request.input),
    onSuccess: ({ request_id }) => {
      void queryClient.invalidateQueries({ queryKey: ['requests'] });
      void navigate({ to: '/generations/$id', params: { id: request_id } });
    },
    onError: failed,
  });
  const cancel = useMutation({
    mutationFn: () => darkroom.cancel(id),
    onSuccess: ({ outcome }) => {
      if (outcome === 'not_cancellable') toast({ title: t('detail.tooLate'), tone: 'neutral' });
      changed();
    },
    onError: failed,
  });
  const remove = useMutation({
    mutationFn: () => darkroom.requests.delete(id),
    onSuccess: () => {
      toast({ title: t('detail.deleted') });
      void queryClient.invalidateQueries({ queryKey: ['requests'] });
      void navigate({ to: '/generations' });
    },
    onError: failed,
  });
  if (!mayGenerate) return null;
  const empty = Object.keys(request.input).length === 0;
  return (
    <>
      {request.status === 'in_queue' && (
        <Button icon={<Ban />} busy={cancel.isPending} onClick={() => cancel.mutate()}>
          {t('detail.cancel')}
        </Button>
      )}
      {!empty && (
        <Button icon={<RotateCcw />} busy={again.isPending} onClick={() => again.mutate()}>
          {t('detail.again')}
        </Button>
      )}
      {!isMoving(request) && (
        <Button icon={<Trash2 />} onClick={() => setDeleting(true)}>
          {t('common:actions.delete')}
        </Button>
      )}
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={t('detail.deleteTitle')}
        action={t('common:actions.delete')}
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        {t('detail.deleteText')}
      </ConfirmDialog>
    </>
  );
}
