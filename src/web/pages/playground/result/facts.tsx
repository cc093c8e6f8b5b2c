import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Result } from '../../../../client/index.ts';
import { Money } from '../../../components/money.tsx';
import { Notice } from '../../../components/notice.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { useFormat } from '../../../lib/use-format.ts';

/** What is known about a request that has ended: what was done otherwise than asked, how long it took, what it cost. */
export function Facts({ result }: { result: Result }) {
  const { t } = useTranslation('playground');
  const { duration, bytes } = useFormat();
  const { files = [], timings, cost, backend, adjustments = [], warnings = [], request_id } = result;
  const [file] = files;
  const facts = [
    cost !== undefined && <Money key="cost" usd={cost} freeAsWord />,
    timings?.run_seconds != null && duration(timings.run_seconds),
    file?.width && file.height && `${file.width} × ${file.height}`,
    file && bytes(files.reduce((sum, one) => sum + one.bytes, 0)),
    backend,
  ].filter(Boolean);
  return (
    <>
      {warnings.map(({ field, message, error }) => (
        <Notice key={`${field} ${message}`} tone="warn">
          {message}
          {error && <span className="ml-1 font-mono text-xs">{error.code}</span>}
        </Notice>
      ))}
      {adjustments.length > 0 && (
        <Notice tone="info" title={t('result.adjusted')}>
          <ul>
            {adjustments.map((adjustment) => (
              <li key={adjustment}>{adjustment}</li>
            ))}
          </ul>
        </Notice>
      )}
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-ink-faint text-xs tabular-nums">
        {facts.map((fact, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: facts of one result, which stay.
          <span key={index} className="flex items-center gap-2">
            {index > 0 && <span aria-hidden>·</span>}
            <span>{fact}</span>
          </span>
        ))}
        <span className="ml-auto flex items-center gap-2">
          <RelativeTime time={result.completed_at} />
          {!files.some(({ url }) => url === undefined) && (
            <Link
              to="/generations/$id"
              params={{ id: request_id }}
              className="underline underline-offset-2 hover:text-ink"
            >
              {t('result.details')}
            </Link>
          )}
        </span>
      </div>
    </>
  );
}
