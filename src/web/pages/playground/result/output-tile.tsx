import { Maximize2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RunnableModel } from '../use-model.ts';
import { OutputActions } from './output-actions.tsx';
import { OutputMedia } from './output-media.tsx';
import type { Shown } from './outputs.ts';
import { ratioOf } from './ratio-of.ts';

export interface OutputTileProps {
  model: RunnableModel;
  output: Shown;
  count: number;
  before: string | undefined;
  onReuseSeed: ((seed: number) => void) | undefined;
  onOpen: () => void;
}

/** A finished output: to be looked at closely, kept, gone on with. */
export function OutputTile({ model, output, count, onReuseSeed, onOpen }: OutputTileProps) {
  const { t } = useTranslation('playground');
  const { url, type, place } = output;
  const name = t('result.output', { place, count });
  return (
    <li className="group flex min-w-0 flex-col gap-1.5">
      <div
        className="relative overflow-hidden rounded-lg bg-sunken"
        style={{ aspectRatio: ratioOf(output) ?? 1 }}
      >
        <OutputMedia url={url} type={type} alt={name} controls className="size-full object-cover" />
        {!type.startsWith('video/') && (
          <button
            type="button"
            aria-label={t('result.zoom', { place })}
            onClick={onOpen}
            className="absolute inset-0 cursor-zoom-in rounded-lg focus-visible:-outline-offset-3"
          >
            <Maximize2
              aria-hidden
              className="absolute top-2.5 right-2.5 size-8 rounded-md bg-black/60 p-2 text-white opacity-0 backdrop-blur-sm transition-opacity group-focus-within:opacity-100 group-hover:opacity-100"
            />
          </button>
        )}
      </div>
      <OutputActions model={model} output={output} compact={count > 1} onReuseSeed={onReuseSeed} />
    </li>
  );
}
