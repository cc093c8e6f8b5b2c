import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OutputFile, Status } from '../../../../client/index.ts';
import { Button } from '../../../components/button.tsx';
import { toast } from '../../../components/toast-store.ts';
import { useFormat } from '../../../lib/use-format.ts';
import { useDarkroom, useMay } from '../../../session/account.tsx';
import type { Input } from '../input.ts';
import { OutputGrid } from './output-grid.tsx';
import { OutputMedia } from './output-media.tsx';
import { ratioOf } from './ratio-of.ts';

export interface ProgressProps {
  status: Status;
  files: readonly OutputFile[];
  asked: Input | undefined;
}

/** A request that waits or runs: where it is, and what is finished of it already. */
export function Progress({ status, files, asked }: ProgressProps) {
  const { t } = useTranslation('playground');
  const { request_id, status: state, queue_position: ahead, progress, started_at, created_at } = status;
  const { done = 0, total = 1, fraction = done / Math.max(total, 1) } = progress ?? {};
  const isQueued = state === 'in_queue';
  const ratio = ratioOf(files[0]) ?? ratioOf(asked?.aspect_ratio) ?? 1;
  return (
    <div className="flex flex-col gap-4">
      <OutputGrid count={total} ratio={ratio}>
        {Array.from({ length: total }, (_, place) => ({ place, file: files[place] })).map(
          ({ place, file }) => {
            return (
              <li
                key={place}
                className="overflow-hidden rounded-lg bg-sunken"
                style={{ aspectRatio: ratioOf(file) ?? ratio }}
              >
                {file?.url ? (
                  <OutputMedia
                    url={file.url}
                    type={file.content_type}
                    alt=""
                    className="size-full object-cover"
                  />
                ) : (
                  <div aria-hidden className="size-full animate-sheen bg-hover" />
                )}
              </li>
            );
          },
        )}
      </OutputGrid>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-40 flex-1">
          <div className="mb-1.5 flex items-baseline justify-between gap-3 text-sm">
            <span className="font-medium">
              {isQueued
                ? ahead
                  ? t('result.ahead', { count: ahead })
                  : t('result.next')
                : t('result.done', { done, total })}
            </span>
            <Elapsed since={(isQueued ? created_at : started_at) ?? created_at} />
          </div>
          <div
            role="progressbar"
            aria-label={t('result.progress')}
            aria-valuemin={0}
            aria-valuemax={100}
            {...(!isQueued && { 'aria-valuenow': Math.round(fraction * 100) })}
            className="h-1.5 overflow-hidden rounded-full bg-line"
          >
            <div
              className={
                isQueued
                  ? 'h-full w-full animate-sheen bg-edge'
                  : 'h-full rounded-full bg-accent transition-[width] duration-300'
              }
              style={isQueued ? undefined : { width: `${Math.max(fraction * 100, 3)}%` }}
            />
          </div>
        </div>
        {isQueued && <CancelButton requestId={request_id} />}
      </div>
    </div>
  );
}

function CancelButton({ requestId }: { requestId: string }) {
  const { t } = useTranslation(['playground', 'common']);
  const darkroom = useDarkroom();
  const cancel = useMutation({
    mutationFn: () => darkroom.cancel(requestId),
    onSuccess: ({ outcome }) => {
      if (outcome === 'not_cancellable') toast({ title: t('result.tooLate') });
    },
    onError: (error) => toast({ title: error.message, tone: 'bad' }),
  });
  if (!useMay('generate')) return null;
  return (
    <Button busy={cancel.isPending} onClick={() => cancel.mutate()}>
      {t('common:actions.cancel')}
    </Button>
  );
}

const TICK_MS = 1000;

function Elapsed({ since }: { since: string | null | undefined }) {
  const { duration } = useFormat();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  if (!since) return null;
  // The server's clock may be ahead of ours.
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  return <span className="text-ink-faint text-xs tabular-nums">{duration(seconds)}</span>;
}
