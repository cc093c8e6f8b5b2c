import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, KeyRound, Pencil, RefreshCw, Send, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Webhook } from '../../../client/index.ts';
import { Badge } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Menu, MenuItem, MenuSeparator } from '../../components/menu.tsx';
import { Notice } from '../../components/notice.tsx';
import { toast } from '../../components/toast-store.ts';
import { useFormat } from '../../lib/use-format.ts';
import { useDarkroom } from '../../session/account.tsx';

export interface WebhookCardProps {
  webhook: Webhook;
  onEdit: () => void;
  onSecret: (secret: string) => void;
}

export function WebhookCard({ webhook, onEdit, onSecret }: WebhookCardProps) {
  const { t } = useTranslation(['webhooks', 'common']);
  const { relative } = useFormat();
  const darkroom = useDarkroom();
  const queryClient = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const { id, url, description, events, enabled, disabled_reason, failing_since } = webhook;
  const refresh = (): void => {
    void queryClient.invalidateQueries({ queryKey: ['webhooks'] });
    void queryClient.invalidateQueries({ queryKey: ['deliveries'] });
  };
  const onError = (error: Error): void => toast({ title: error.message, tone: 'bad' });

  const test = useMutation({
    mutationFn: () => darkroom.webhooks.test(id),
    onSuccess: () => {
      toast({ title: t('tested') });
      refresh();
    },
    onError,
  });
  const toggle = useMutation({
    mutationFn: () => darkroom.webhooks.update(id, { enabled: !enabled }),
    onSuccess: refresh,
    onError,
  });
  const rotate = useMutation({
    mutationFn: () => darkroom.webhooks.rotateSecret(id),
    onSuccess: ({ secret }) => onSecret(secret),
    onError,
  });
  const reveal = useMutation({
    mutationFn: () => darkroom.webhooks.secret(id),
    onSuccess: ({ secret }) => onSecret(secret),
    onError,
  });
  const remove = useMutation({
    mutationFn: () => darkroom.webhooks.delete(id),
    onSuccess: () => {
      setDeleting(false);
      refresh();
    },
    onError,
  });

  return (
    <li>
      <Card className="p-4 sm:p-5">
        <div className="flex items-start justify-between gap-3">
          <div className="min-w-0">
            <p className="break-all font-medium font-mono text-sm">{url}</p>
            {description && <p className="mt-1 break-words text-ink-soft text-sm">{description}</p>}
          </div>
          <div className="flex shrink-0 items-center gap-2">
            <Badge tone={enabled ? (failing_since ? 'warn' : 'good') : 'neutral'}>
              {t(enabled ? (failing_since ? 'failing' : 'on') : 'off')}
            </Badge>
            <Menu
              trigger={
                <IconButton label={t('actionsFor', { url })} size="sm">
                  <Ellipsis />
                </IconButton>
              }
            >
              <MenuItem onSelect={onEdit}>
                <Pencil aria-hidden /> {t('edit')}
              </MenuItem>
              <MenuItem onSelect={() => reveal.mutate()}>
                <KeyRound aria-hidden /> {t('showSecret')}
              </MenuItem>
              <MenuItem onSelect={() => rotate.mutate()}>
                <RefreshCw aria-hidden /> {t('rotate')}
              </MenuItem>
              <MenuSeparator />
              <MenuItem danger onSelect={() => setDeleting(true)}>
                <Trash2 aria-hidden /> {t('common:actions.delete')}
              </MenuItem>
            </Menu>
          </div>
        </div>
        <ul className="mt-3 flex flex-wrap gap-1.5">
          {events.map((event) => (
            <li key={event}>
              <Badge>{event}</Badge>
            </li>
          ))}
        </ul>
        {!enabled && disabled_reason && (
          <Notice tone="warn" className="mt-3">
            {disabled_reason}
          </Notice>
        )}
        {enabled && failing_since && (
          <Notice tone="warn" className="mt-3">
            {t('failingSince', { time: relative(failing_since) })}
          </Notice>
        )}
        <div className="mt-4 flex flex-wrap gap-2">
          <Button size="sm" icon={<Send />} busy={test.isPending} onClick={() => test.mutate()}>
            {t('test')}
          </Button>
          <Button size="sm" variant="ghost" busy={toggle.isPending} onClick={() => toggle.mutate()}>
            {t(enabled ? 'switchOff' : 'switchOn')}
          </Button>
        </div>
      </Card>
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={t('deleteTitle')}
        action={t('common:actions.delete')}
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        {t('deleteText')}
      </ConfirmDialog>
    </li>
  );
}
