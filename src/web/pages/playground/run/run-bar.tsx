import clsx from 'clsx';
import { Play, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Estimate } from '../../../../client/index.ts';
import { Button } from '../../../components/button.tsx';
import { Skeleton } from '../../../components/skeleton.tsx';
import { useErrorText } from '../../../components/states.tsx';
import { useFormat } from '../../../lib/use-format.ts';
import { useMay } from '../../../session/account.tsx';
import { type Estimated, stopsRun } from './use-estimate.ts';

export interface RunBarProps {
  price: Estimated;
  /** Why a submit was refused, where it is no field's fault. */
  refused: unknown;
  uploading: boolean;
  uploadFailed: boolean;
  submitting: boolean;
  onRun: () => void;
}

const IS_MAC = /mac|iphone|ipad/i.test(navigator.platform);

/** What it costs, what stands in its way, and the button: always in sight. */
export function RunBar({ price, refused, uploading, uploadFailed, submitting, onRun }: RunBarProps) {
  const { t } = useTranslation('playground');
  const allowed = useMay('generate');
  const refusal = useErrorText(refused);
  return (
    <div className="sticky bottom-16 z-10 rounded-b-lg border-line border-t bg-surface/95 px-4 py-3 backdrop-blur-md sm:px-5 lg:bottom-0">
      {allowed ? (
        <>
          {uploadFailed && <Words tone="warn">{t('uploadFailed')}</Words>}
          {refused ? (
            <Words tone="bad">{refusal}</Words>
          ) : (
            price.estimate && <Obstacles estimate={price.estimate} />
          )}
          <div className="flex items-center justify-between gap-3">
            <Price {...price} />
            <Button
              variant="accent"
              size="lg"
              icon={<Play aria-hidden />}
              busy={submitting || uploading}
              disabled={uploadFailed || stopsRun(price.estimate)}
              aria-keyshortcuts="Control+Enter Meta+Enter"
              onClick={onRun}
            >
              {uploading ? t('uploading') : t('run')}
              {!uploading && !submitting && (
                <kbd aria-hidden className="hidden font-normal font-sans text-xs lg:inline">
                  {IS_MAC ? '⌘ ↵' : 'Ctrl ↵'}
                </kbd>
              )}
            </Button>
          </div>
        </>
      ) : (
        <p className="text-ink-soft text-sm">{t('readOnly')}</p>
      )}
    </div>
  );
}

function Price({ estimate, outdated, error }: Estimated) {
  const { t } = useTranslation(['playground', 'common']);
  const { money, number } = useFormat();
  if (!estimate && error) return <p className="text-ink-faint text-sm">{t('price.unknown')}</p>;
  if (!estimate) return <Skeleton className="h-9 w-24" />;
  const { cost, outputs, price_per_output, exact } = estimate;
  return (
    <div className="min-w-0">
      <p
        className={clsx(
          'truncate font-semibold text-lg tabular-nums leading-tight transition-colors',
          outdated && 'text-ink-faint',
        )}
      >
        <span className="sr-only">{t('price.label')} </span>
        {cost === 0 ? t('common:free') : exact ? money(cost) : t('price.about', { price: money(cost) })}
      </p>
      <p className="truncate text-ink-faint text-xs tabular-nums">
        {outputs > 1 && cost > 0
          ? t('price.times', { outputs: number(outputs), price: money(price_per_output) })
          : t('price.outputs', { count: outputs })}
      </p>
    </div>
  );
}

/** Why it cannot be run, or what will be other than asked. */
function Obstacles({ estimate }: { estimate: Estimate }) {
  const { t } = useTranslation('playground');
  const { money } = useFormat();
  const { available, within_budget, budget_left, max_cost, note, warnings = [], exact } = estimate;
  if (!available) return <Words tone="warn">{t('unavailable')}</Words>;
  if (!within_budget)
    return (
      <Words tone="warn">{t('overBudget', { left: money(budget_left ?? 0), cost: money(max_cost) })}</Words>
    );
  return (
    <>
      {!exact && note && <Words tone="faint">{note}</Words>}
      {warnings.map(({ field, message }) => (
        <Words key={`${field} ${message}`} tone="warn">
          {message}
        </Words>
      ))}
    </>
  );
}

const TONES = { warn: 'text-warn-ink', bad: 'text-bad-ink', faint: 'text-ink-faint' };

function Words({ tone, children }: { tone: keyof typeof TONES; children: ReactNode }) {
  return (
    <p role={tone === 'bad' ? 'alert' : undefined} className={`mb-2.5 flex gap-2 text-sm ${TONES[tone]}`}>
      {tone !== 'faint' && <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />}
      <span className="min-w-0 break-words">{children}</span>
    </p>
  );
}
