import { getRouteApi, Link, useLocation } from '@tanstack/react-router';
import { BookText, PlugZap, SearchX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { NotFoundError } from '../../../client/index.ts';
import { Badge } from '../../components/badge.tsx';
import { buttonClass } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Loading, Skeleton } from '../../components/skeleton.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { Page } from '../../layout/page.tsx';
import { useAccount } from '../../session/account.tsx';
import { useKindName } from '../explore/kind-name.ts';
import { Playground } from './playground.tsx';
import { type RunnableModel, useModel } from './use-model.ts';

const route = getRouteApi('/signed-in/models/$');

/** One model: its input as a form, what it costs, what comes of it, and the call that does the same. */
export function PlaygroundPage() {
  const { t } = useTranslation();
  const { _splat: id = '' } = route.useParams();
  const { account } = useAccount();
  const begun = useLocation({ select: ({ state }) => state.begun });
  const { model, error, refetch } = useModel(id);
  if (model)
    return (
      <Page title={model.display_name} description={model.description}>
        <About model={model} />
        <Playground key={`${account.id} ${model.model_id} ${begun}`} model={model} />
      </Page>
    );
  if (error instanceof NotFoundError)
    return (
      <Page title={t('states.notFoundTitle')}>
        <EmptyState
          icon={<SearchX />}
          title={id}
          action={
            <Link to="/" className={buttonClass('primary')}>
              {t('actions.backToModels')}
            </Link>
          }
        >
          {t('states.notFoundText')}
        </EmptyState>
      </Page>
    );
  return (
    <Page title={id}>
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <PlaygroundSkeleton />}
    </Page>
  );
}

function About({ model }: { model: RunnableModel }) {
  const { t } = useTranslation(['explore', 'playground']);
  const kindName = useKindName();
  return (
    <div className="-mt-3 mb-5 flex flex-wrap items-center gap-x-3 gap-y-1.5">
      <span className="flex min-w-0 items-center">
        <code className="min-w-0 break-all font-mono text-ink-soft text-xs">{model.model_id}</code>
        <CopyButton text={model.model_id} iconOnly />
      </span>
      <Badge className="shrink-0">{kindName(model.kind)}</Badge>
      {!model.available && (
        <Badge tone="warn" icon={<PlugZap aria-hidden />} title={t('unavailableHint')}>
          {t('unavailable')}
        </Badge>
      )}
      {/* The server's own page, which works without this app. */}
      <a
        href={`/docs/models/${model.model_id}`}
        className={`${buttonClass('ghost', 'sm')} max-sm:-ml-2.5 sm:ml-auto`}
      >
        <BookText aria-hidden />
        {t('playground:apiPage')}
      </a>
    </div>
  );
}

function PlaygroundSkeleton() {
  return (
    <Loading className="grid gap-5 lg:grid-cols-[minmax(0,25rem)_minmax(0,1fr)]">
      <Skeleton className="h-[36rem] rounded-lg" />
      <Skeleton className="h-[36rem] rounded-lg max-lg:hidden" />
    </Loading>
  );
}
