import { useTranslation } from 'react-i18next';
import type { Failure as Failed, Result } from '../../../../client/index.ts';
import { Button } from '../../../components/button.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Notice } from '../../../components/notice.tsx';
import { useMay } from '../../../session/account.tsx';
import type { playground } from '../../../texts/en/playground.ts';
import { Facts } from './facts.tsx';

export interface FailureProps {
  failure: Failed;
  result: Result;
  onRunAgain: () => void;
}

type Known = keyof typeof playground.failures;

/** Why there is no picture, in the server's words; and what can be done about it. */
export function Failure({ failure, result, onRunAgain }: FailureProps) {
  const { t, i18n } = useTranslation('playground');
  const allowed = useMay('generate');
  // Newer servers may know more ways to fail.
  const code = (
    i18n.exists(`playground:failures.${failure.code}.title`) ? failure.code : 'internal'
  ) as Known;
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="bad" title={t(`failures.${code}.title`)}>
        <p className="mt-0.5">{failure.message}</p>
        <p className="mt-2 text-ink">{t(`failures.${code}.advice`)}</p>
        <div className="mt-3 flex flex-wrap items-center gap-2">
          {allowed && failure.retryable && <Button onClick={onRunAgain}>{t('result.runAgain')}</Button>}
          <code className="font-mono text-xs">{failure.code}</code>
        </div>
      </Notice>
      <div className="flex items-center gap-1 text-ink-faint text-xs">
        <span className="min-w-0 truncate font-mono">{result.request_id}</span>
        <CopyButton text={result.request_id} iconOnly />
      </div>
      <Facts result={result} />
    </div>
  );
}
