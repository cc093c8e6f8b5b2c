import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { HistoryEntry } from '../../../client/index.ts';
import { buttonClass } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Notice } from '../../components/notice.tsx';
import { EmptyState } from '../../components/states.tsx';
import { useFormat } from '../../lib/use-format.ts';
import { type Media, mediaOf } from '../generations/entry.ts';
import { isMoving } from '../generations/use-generations.ts';

/** What came of it, or why nothing did. */
export function Outcome({ request }: { request: HistoryEntry }) {
  const { t } = useTranslation(['generations', 'common']);
  const media = mediaOf(request);
  const { progress, error, warnings = [], adjustments = [] } = request;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {error && (
        <Notice tone="bad" title={t('detail.failed')}>
          <p>{error.message}</p>
          <p className="mt-1">
            {t(error.retryable ? 'detail.worthAgain' : 'detail.notAgain')} <code>{error.code}</code>
          </p>
        </Notice>
      )}
      {[...warnings.map(({ message }) => message), ...adjustments].map((message) => (
        <Notice key={message} tone="warn">
          {message}
        </Notice>
      ))}
      {media.map((one, index) => (
        <Shown key={one.url} media={one} request={request} index={index} />
      ))}
      {media.length === 0 && !error && (
        <Card>
          <EmptyState title={t(`common:status.${request.status}`)}>
            {isMoving(request) && progress
              ? t('detail.progress', { done: progress.done, total: progress.total })
              : request.status === 'completed'
                ? t('detail.notKept')
                : null}
          </EmptyState>
        </Card>
      )}
    </div>
  );
}

function Shown({ media, request, index }: { media: Media; request: HistoryEntry; index: number }) {
  const { t } = useTranslation('generations');
  const { bytes } = useFormat();
  const file = request.files?.[index];
  return (
    <Card className="overflow-hidden">
      {media.kind === 'video' ? (
        <video src={media.url} controls playsInline className="w-full bg-sunken">
          <track kind="captions" />
        </video>
      ) : (
        <img
          src={media.url}
          alt={t('detail.output', { number: index + 1 })}
          width={media.width}
          height={media.height}
          className="h-auto w-full bg-sunken"
        />
      )}
      <div className="flex flex-wrap items-center justify-between gap-2 px-4 py-2.5 text-ink-faint text-sm">
        <span className="min-w-0">
          {file?.width && `${file.width} × ${file.height}`}
          {file && ` · ${bytes(file.bytes)}`}
          {file?.seed != null && ` · ${t('detail.seed', { seed: file.seed })}`}
        </span>
        <a href={media.url} download className={buttonClass('secondary', 'sm')}>
          <Download aria-hidden className="size-4" /> {t('detail.download')}
        </a>
      </div>
    </Card>
  );
}
