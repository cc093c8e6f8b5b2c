import clsx from 'clsx';
import { ChevronLeft, ChevronRight, Columns2, X, ZoomIn, ZoomOut } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../../components/button.tsx';
import type { RunnableModel } from '../use-model.ts';
import { CompareSlider } from './compare-slider.tsx';
import { OutputActions } from './output-actions.tsx';
import type { Shown } from './outputs.ts';
import { ratioOf } from './ratio-of.ts';

export interface LightboxProps {
  model: RunnableModel;
  outputs: readonly Shown[];
  /** Which is shown; undefined: none. */
  at: number | undefined;
  /** The picture that was edited, to compare with. */
  before: string | undefined;
  onReuseSeed: ((seed: number) => void) | undefined;
  onMove: (at: number | undefined) => void;
}

type View = 'fitted' | 'actual' | 'compared';

/** One output as large as the window, or pixel for pixel, or over what it was made of. Arrow keys lead to the others. */
export function Lightbox({ model, outputs, at, before, onReuseSeed, onMove }: LightboxProps) {
  const { t } = useTranslation(['playground', 'common']);
  const [view, setView] = useState<View>('fitted');
  const output = at === undefined ? undefined : outputs[at];
  const close = (): void => {
    setView('fitted');
    onMove(undefined);
  };
  const move = (by: number): void => {
    if (at !== undefined) onMove((at + by + outputs.length) % outputs.length);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Of a slider they are its own; of a menu, which stands elsewhere in the page, too.
    const { target, currentTarget } = event;
    if (target instanceof HTMLInputElement || !currentTarget.contains(target as Node)) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by !== undefined && outputs.length > 1) move(by);
    if (event.key === 'Home') onMove(0);
    if (event.key === 'End') onMove(outputs.length - 1);
  };
  const toggle = (wanted: View): void => setView(view === wanted ? 'fitted' : wanted);
  return (
    <Radix.Root open={output !== undefined} onOpenChange={(open) => !open && close()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-canvas/95 backdrop-blur-md" />
        {output && at !== undefined && (
          <Radix.Content
            aria-describedby={undefined}
            onKeyDown={onKeyDown}
            className="fixed inset-0 z-50 flex animate-fade flex-col outline-none"
          >
            <header className="flex items-center gap-1 px-3 py-2 sm:px-5">
              <Radix.Title className="mr-auto font-medium text-sm tabular-nums">
                {t('result.output', { place: at + 1, count: outputs.length })}
              </Radix.Title>
              {before && (
                <IconButton
                  label={t('result.compare')}
                  aria-pressed={view === 'compared'}
                  onClick={() => toggle('compared')}
                  className="aria-pressed:bg-accent-soft aria-pressed:text-accent-ink"
                >
                  <Columns2 />
                </IconButton>
              )}
              <IconButton
                label={t(view === 'actual' ? 'result.fit' : 'result.actual')}
                onClick={() => toggle('actual')}
              >
                {view === 'actual' ? <ZoomOut /> : <ZoomIn />}
              </IconButton>
              <Radix.Close asChild>
                <IconButton label={t('common:actions.close')}>
                  <X />
                </IconButton>
              </Radix.Close>
            </header>
            <div className="relative min-h-0 flex-1">
              {view === 'compared' && before ? (
                <div className="grid size-full place-items-center px-3 sm:px-16">
                  <CompareSlider before={before} after={output.url} ratio={ratioOf(output) ?? 1} />
                </div>
              ) : (
                <Picture
                  output={output}
                  actual={view === 'actual'}
                  name={t('result.output', { place: at + 1, count: outputs.length })}
                  onToggle={() => toggle('actual')}
                />
              )}
              {outputs.length > 1 && (
                <>
                  <IconButton
                    label={t('result.previous')}
                    variant="secondary"
                    onClick={() => move(-1)}
                    className="absolute! top-1/2 left-3 -translate-y-1/2"
                  >
                    <ChevronLeft />
                  </IconButton>
                  <IconButton
                    label={t('result.nextOne')}
                    variant="secondary"
                    onClick={() => move(1)}
                    className="absolute! top-1/2 right-3 -translate-y-1/2"
                  >
                    <ChevronRight />
                  </IconButton>
                </>
              )}
            </div>
            <footer className="mx-auto w-full max-w-2xl px-3 pt-2 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
              <OutputActions
                model={model}
                output={output}
                compact={false}
                onReuseSeed={
                  onReuseSeed &&
                  ((seed) => {
                    close();
                    onReuseSeed(seed);
                  })
                }
              />
            </footer>
          </Radix.Content>
        )}
      </Radix.Portal>
    </Radix.Root>
  );
}

interface PictureProps {
  output: Shown;
  actual: boolean;
  name: string;
  onToggle: () => void;
}

function Picture({ output, actual, name, onToggle }: PictureProps) {
  return (
    <div
      className={clsx(
        'size-full',
        actual ? 'overflow-auto' : 'grid place-items-center overflow-hidden px-3 sm:px-16',
      )}
      {...(actual && { tabIndex: 0, role: 'group', 'aria-label': name })}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: by keyboard, the button above does it. */}
      <img
        src={output.url}
        alt={name}
        onClick={onToggle}
        {...(output.width && { width: output.width })}
        {...(output.height && { height: output.height })}
        className={clsx(
          actual
            ? 'm-auto max-w-none cursor-zoom-out'
            : 'max-h-full max-w-full cursor-zoom-in rounded-md object-contain',
        )}
      />
    </div>
  );
}
