import { SearchX } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { NotFoundError, type Result } from '../../../../client/index.ts';
import { StatusBadge } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { Loading, Skeleton } from '../../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../../components/states.tsx';
import type { Input } from '../input.ts';
import type { Run } from '../run/use-run.ts';
import type { RunnableModel } from '../use-model.ts';
import { Ended } from './ended.tsx';
import { Idle } from './idle.tsx';
import { Progress } from './progress.tsx';

export interface ResultPanelProps {
  model: RunnableModel;
  run: Run | undefined;
  /** What the run was asked with, where that is known. */
  asked: Input | undefined;
  onReuseSeed: (seed: number) => void;
  onRunAgain: () => void;
  /** Away from a request that is not there. */
  onForget: () => void;
}

/** What became of the request that is shown; before the first one, what the model makes. */
export function ResultPanel(props: ResultPanelProps) {
  const { model, run } = props;
  const { t } = useTranslation('playground');
  const status = run?.result?.status ?? run?.live.status?.status;
  return (
    <section className="rounded-lg border border-line bg-surface shadow-card">
      <header className="flex min-h-14 items-center justify-between gap-3 px-4 pt-1 sm:px-5">
        <h2 className="font-semibold text-base">{t('result.title')}</h2>
        {status && <StatusBadge status={status} />}
      </header>
      <div className="px-4 pb-4 sm:px-5 sm:pb-5">
        {run ? <Shown {...props} run={run} /> : <Idle model={model} />}
      </div>
      <Spoken run={run} />
    </section>
  );
}

function Shown({
  model,
  run,
  asked,
  onReuseSeed,
  onRunAgain,
  onForget,
}: ResultPanelProps & { run: Run }): ReactNode {
  const { t } = useTranslation('playground');
  const { live, result, error } = run;
  if (result)
    return (
      <Ended model={model} result={result} asked={asked} onReuseSeed={onReuseSeed} onRunAgain={onRunAgain} />
    );
  if (error instanceof NotFoundError)
    return (
      <EmptyState
        icon={<SearchX />}
        title={t('result.goneTitle')}
        action={<Button onClick={onForget}>{t('result.forget')}</Button>}
      >
        {t('result.goneText')}
      </EmptyState>
    );
  if (error) return <ErrorState error={error} onRetry={run.retry} />;
  if (!live.status)
    return (
      <Loading>
        <Skeleton className="aspect-[4/3] rounded-lg" />
      </Loading>
    );
  return <Progress status={live.status} files={live.files} asked={asked} />;
}

/** Says each change once, to who cannot see it. */
function Spoken({ run }: { run: Run | undefined }) {
  const { t } = useTranslation(['playground', 'common']);
  const words = (): string => {
    if (!run) return '';
    const { result, live } = run;
    if (result) return endInWords(result);
    if (!live.status) return '';
    const { status, queue_position: position, progress } = live.status;
    if (status === 'in_queue')
      return position ? t('result.ahead', { count: position }) : t('common:status.in_queue');
    return progress && progress.done > 0
      ? t('result.done', { done: progress.done, total: progress.total })
      : t('common:status.in_progress');
  };
  const endInWords = ({ status, files }: Result): string =>
    status === 'completed' && files
      ? t('result.finished', { count: files.length })
      : t(`common:status.${status}`);
  return (
    <p role="status" className="sr-only">
      {words()}
    </p>
  );
}
