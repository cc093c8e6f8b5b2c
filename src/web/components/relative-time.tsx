import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../lib/use-format.ts';

/** How long ago, kept up to date; the exact time when pointed at. */
export function RelativeTime({ time }: { time: string | null | undefined }) {
  const { t } = useTranslation();
  const { relative, dateTime } = useFormat();
  const now = useSyncExternalStore(onTick, () => tick);
  if (!time) return <span>{t('unknownTime')}</span>;
  return (
    <time dateTime={time} title={dateTime(time)} className="whitespace-nowrap">
      {relative(time, now)}
    </time>
  );
}

/** One clock for all of them. */
const TICK_MS = 15_000;
let tick = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function onTick(listener: () => void): () => void {
  if (listeners.size === 0) {
    tick = Date.now();
    timer = setInterval(() => {
      tick = Date.now();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}
