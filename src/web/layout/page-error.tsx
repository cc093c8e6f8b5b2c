import type { ErrorComponentProps } from '@tanstack/react-router';
import { CircleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { DarkroomError } from '../../client/index.ts';
import { Button } from '../components/button.tsx';
import { EmptyState, ErrorState } from '../components/states.tsx';
import { usePageTitle } from '../lib/page-title.ts';

/** In place of a page that failed: because the server did not answer, or by a mistake of ours. */
export function PageError({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  usePageTitle(t('states.crashTitle'));
  const reload = (): void => location.reload();
  if (error instanceof DarkroomError) return <ErrorState error={error} onRetry={reload} />;
  return (
    <EmptyState
      role="alert"
      icon={<CircleAlert />}
      title={t('states.crashTitle')}
      action={<Button onClick={reload}>{t('states.reload')}</Button>}
    >
      <p>{t('states.crashText')}</p>
      <p className="mt-2 break-words font-mono text-ink-faint text-xs">
        {error instanceof Error ? error.message : String(error)}
      </p>
    </EmptyState>
  );
}
