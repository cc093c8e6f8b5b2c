import { Link } from '@tanstack/react-router';
import { PlugZap } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Model } from '../../../client/index.ts';
import { Badge } from '../../components/badge.tsx';
import { useFormat } from '../../lib/use-format.ts';
import { useKindName } from './kind-name.ts';
import { ModelPicture } from './model-picture.tsx';

export interface ModelCardProps {
  model: Model;
  /** Its picture is in sight at once. */
  eager: boolean;
}

export function ModelCard({ model, eager }: ModelCardProps) {
  const { t } = useTranslation('explore');
  const kindName = useKindName();
  return (
    <li className="group relative flex min-w-0 flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-card transition-shadow focus-within:shadow-raised hover:shadow-raised">
      <ModelPicture model={model} eager={eager} />
      <div className="flex flex-1 flex-col gap-1.5 p-4">
        <h2 className="font-semibold">
          <Link
            to="/models/$"
            params={{ _splat: model.model_id }}
            className="after:absolute after:inset-0 after:rounded-xl focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
          >
            {model.display_name}
          </Link>
        </h2>
        <p className="break-all font-mono text-ink-faint text-xs">{model.model_id}</p>
        <p className="line-clamp-3 text-ink-soft text-sm" title={model.description}>
          {model.description}
        </p>
        <div className="mt-auto flex flex-wrap items-center gap-1.5 pt-2.5">
          <Badge>{kindName(model.kind)}</Badge>
          {!model.available && (
            <Badge tone="warn" icon={<PlugZap aria-hidden />} title={t('unavailableHint')}>
              {t('unavailable')}
            </Badge>
          )}
          <span className="ml-auto font-medium text-sm tabular-nums">
            <Price model={model} />
          </span>
        </div>
      </div>
    </li>
  );
}

function Price({ model }: { model: Model }) {
  const { t } = useTranslation(['explore', 'common']);
  const { money } = useFormat();
  if (model.base_price_usd === 0) return t('common:free');
  const price = money(model.base_price_usd);
  return t(model.kind.endsWith('video') ? 'perVideo' : 'perImage', { price });
}
