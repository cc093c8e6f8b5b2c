import { Download, Repeat2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button, buttonClass } from '../../../components/button.tsx';
import type { RunnableModel } from '../use-model.ts';
import type { Shown } from './outputs.ts';
import { UseAsInput } from './use-as-input.tsx';

export interface OutputActionsProps {
  model: RunnableModel;
  output: Shown;
  /** Only pictures on the buttons. */
  compact: boolean;
  onReuseSeed: ((seed: number) => void) | undefined;
}

/** What can be done with an output. */
export function OutputActions({ model, output, compact, onReuseSeed }: OutputActionsProps) {
  const { t } = useTranslation('playground');
  const { url, name, seed, type, place } = output;
  const words = compact ? 'sr-only' : 'max-[26rem]:sr-only';
  return (
    <div className="flex flex-wrap items-center gap-1">
      {seed !== undefined &&
        (onReuseSeed ? (
          <Button
            size="sm"
            variant="ghost"
            icon={<Repeat2 aria-hidden />}
            title={t('result.sameAgain')}
            aria-label={t('result.sameAgainWith', { seed })}
            onClick={() => onReuseSeed(seed)}
            className="min-w-0 shrink! max-sm:h-10"
          >
            <span className="truncate font-mono text-xs">{seed}</span>
          </Button>
        ) : (
          <span className="px-2 font-mono text-ink-faint text-xs">{seed}</span>
        ))}
      <div className="ml-auto flex items-center gap-1">
        {type.startsWith('image/') && <UseAsInput model={model} output={output} words={words} />}
        <a
          href={url}
          download={name}
          title={t('result.download')}
          className={`${buttonClass('ghost', 'sm')} max-sm:h-10`}
        >
          <Download aria-hidden />
          <span className={words}>{t('result.download')}</span>
          <span className="sr-only">{place}</span>
        </a>
      </div>
    </div>
  );
}
