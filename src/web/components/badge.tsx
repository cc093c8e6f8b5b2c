import clsx from 'clsx';
import { Ban, CircleAlert, CircleCheck, Clock, LoaderCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ResultStatus } from '../../client/index.ts';

export type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad' | 'info';

const TONES: Record<Tone, string> = {
  neutral: 'bg-sunken text-ink-soft',
  accent: 'bg-accent-soft text-accent-ink',
  good: 'bg-good-soft text-good-ink',
  warn: 'bg-warn-soft text-warn-ink',
  bad: 'bg-bad-soft text-bad-ink',
  info: 'bg-info-soft text-info-ink',
};

export interface BadgeProps {
  tone?: Tone;
  icon?: ReactNode;
  className?: string;
  title?: string;
  children: ReactNode;
}

export function Badge({ tone = 'neutral', icon, className, title, children }: BadgeProps) {
  return (
    <span
      title={title}
      className={clsx(
        'inline-flex h-6 max-w-full items-center gap-1 whitespace-nowrap rounded-full px-2 font-medium text-xs [&_svg]:size-3.5 [&_svg]:shrink-0',
        TONES[tone],
        className,
      )}
    >
      {icon}
      <span className="truncate">{children}</span>
    </span>
  );
}

const STATUSES: Record<ResultStatus, { tone: Tone; icon: ReactNode }> = {
  in_queue: { tone: 'neutral', icon: <Clock aria-hidden /> },
  in_progress: { tone: 'info', icon: <LoaderCircle aria-hidden className="animate-spin" /> },
  completed: { tone: 'good', icon: <CircleCheck aria-hidden /> },
  failed: { tone: 'bad', icon: <CircleAlert aria-hidden /> },
  cancelled: { tone: 'neutral', icon: <Ban aria-hidden /> },
};

/** The state of a request: by word, colour and shape. */
export function StatusBadge({ status }: { status: ResultStatus }) {
  const { t } = useTranslation();
  return <Badge {...STATUSES[status]}>{t(`status.${status}`)}</Badge>;
}
