/** What a page or a part of it shows when there is nothing, or when it failed. */
import clsx from 'clsx';
import { CircleAlert, WifiOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { APIError, ConnectionError } from '../../client/index.ts';
import { Button } from './button.tsx';

interface StateProps {
  icon?: ReactNode;
  title: ReactNode;
  children?: ReactNode;
  /** What to do about it. */
  action?: ReactNode;
  className?: string;
  role?: 'alert';
}

/** Nothing here yet: says what will be, and how to begin. */
export function EmptyState({ icon, title, children, action, className, role }: StateProps) {
  return (
    <div
      role={role}
      className={clsx(
        'mx-auto flex max-w-md flex-col items-center px-4 py-14 text-center sm:py-20',
        className,
      )}
    >
      {icon && (
        <div
          aria-hidden
          className="mb-4 grid size-12 place-items-center rounded-full bg-hover text-ink-soft [&_svg]:size-5"
        >
          {icon}
        </div>
      )}
      <p className="font-semibold text-lg">{title}</p>
      {children && <div className="mt-1.5 text-ink-soft text-sm">{children}</div>}
      {action && <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

export interface ErrorStateProps {
  error: unknown;
  /** What to do again. */
  onRetry?: (() => void) | undefined;
  title?: string;
  className?: string;
}

export function ErrorState({ error, onRetry, title, className }: ErrorStateProps) {
  const { t } = useTranslation();
  const callId = error instanceof APIError ? error.requestId : undefined;
  return (
    <EmptyState
      role="alert"
      icon={error instanceof ConnectionError ? <WifiOff /> : <CircleAlert />}
      title={title ?? t('states.errorTitle')}
      className={className ?? ''}
      action={onRetry && <Button onClick={onRetry}>{t('actions.retry')}</Button>}
    >
      <p>{useErrorText(error)}</p>
      {callId && (
        <p className="mt-2 font-mono text-ink-faint text-xs">{t('states.callId', { id: callId })}</p>
      )}
    </EmptyState>
  );
}

/** What to tell about `error`: the server's own words, which are meant for people. */
export function useErrorText(error: unknown): string {
  const { t } = useTranslation();
  if (error instanceof ConnectionError) return t('states.offline');
  return error instanceof Error ? error.message : String(error);
}
