import { Ban, ImageOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Result } from '../../../../client/index.ts';
import { Button } from '../../../components/button.tsx';
import { Notice } from '../../../components/notice.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { useMay } from '../../../session/account.tsx';
import { ownPicture } from '../images/own-picture.ts';
import type { Input } from '../input.ts';
import { isImages } from '../input.ts';
import type { RunnableModel } from '../use-model.ts';
import { Facts } from './facts.tsx';
import { Failure } from './failure.tsx';
import { Lightbox } from './lightbox.tsx';
import { OutputGrid } from './output-grid.tsx';
import { OutputTile } from './output-tile.tsx';
import { outputsOf } from './outputs.ts';
import { ratioOf } from './ratio-of.ts';

export interface EndedProps {
  model: RunnableModel;
  result: Result;
  asked: Input | undefined;
  onReuseSeed: (seed: number) => void;
  onRunAgain: () => void;
}

/** How it ended: the pictures, or what went wrong and what to do about it. */
export function Ended({ model, result, asked, onReuseSeed, onRunAgain }: EndedProps) {
  const { t } = useTranslation('playground');
  const allowed = useMay('generate');
  const [open, setOpen] = useState<number>();
  if (result.error) return <Failure failure={result.error} result={result} onRunAgain={onRunAgain} />;
  if (result.status === 'cancelled')
    return (
      <EmptyState
        icon={<Ban />}
        title={t('result.cancelledTitle')}
        action={allowed && <Button onClick={onRunAgain}>{t('result.runAgain')}</Button>}
      >
        {t('result.cancelledText')}
      </EmptyState>
    );
  const outputs = outputsOf(result);
  if (outputs.length === 0)
    return (
      <EmptyState icon={<ImageOff />} title={t('result.givenTitle')}>
        {t('result.givenText')}
      </EmptyState>
    );
  const before = pictureAsked(model, asked);
  const actions = {
    model,
    before,
    onReuseSeed: allowed && 'seed' in model.input_schema.properties ? onReuseSeed : undefined,
  };
  return (
    <div className="flex flex-col gap-4">
      {outputs.some(({ url }) => url.startsWith('data:')) && (
        <Notice tone="info">{t('result.notKept')}</Notice>
      )}
      <OutputGrid count={outputs.length} ratio={ratioOf(outputs[0]) ?? 1}>
        {outputs.map((output, index) => (
          <OutputTile
            key={output.place}
            output={output}
            count={outputs.length}
            onOpen={() => setOpen(index)}
            {...actions}
          />
        ))}
      </OutputGrid>
      <Facts result={result} />
      <Lightbox outputs={outputs} at={open} onMove={setOpen} {...actions} />
    </div>
  );
}

/** The first picture that was edited, if this page can show it. */
function pictureAsked({ input_schema }: RunnableModel, asked: Input | undefined): string | undefined {
  for (const [name, property] of Object.entries(input_schema.properties)) {
    if (!isImages(property)) continue;
    const first = [asked?.[name]].flat()[0];
    if (typeof first === 'string') return ownPicture(first);
  }
  return undefined;
}
