import clsx from 'clsx';
import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Tone } from './badge.tsx';

type NoticeTone = Extract<Tone, 'info' | 'warn' | 'bad' | 'good'>;

const LOOKS: Record<NoticeTone, { look: string; icon: ReactNode }> = {
  info: { look: 'bg-info-soft text-info-ink', icon: <Info /> },
  good: { look: 'bg-good-soft text-good-ink', icon: <CircleCheck /> },
  warn: { look: 'bg-warn-soft text-warn-ink', icon: <TriangleAlert /> },
  bad: { look: 'bg-bad-soft text-bad-ink', icon: <CircleAlert /> },
};

export interface NoticeProps {
  tone?: NoticeTone;
  title?: ReactNode;
  className?: string;
  children?: ReactNode;
}

/** Something to know, where it matters. Mistakes are read out as they appear. */
export function Notice({ tone = 'info', title, className, children }: NoticeProps) {
  const { look, icon } = LOOKS[tone];
  return (
    <div
      role={tone === 'bad' ? 'alert' : undefined}
      className={clsx('flex gap-2.5 rounded-lg px-3.5 py-3 text-sm', look, className)}
    >
      <span aria-hidden className="mt-0.5 [&_svg]:size-4">
        {icon}
      </span>
      <div className="min-w-0 flex-1 break-words">
        {title && <p className="font-medium">{title}</p>}
        {children}
      </div>
    </div>
  );
}
