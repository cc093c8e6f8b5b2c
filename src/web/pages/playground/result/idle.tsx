import { useTranslation } from 'react-i18next';
import { ModelPicture } from '../../explore/model-picture.tsx';
import type { RunnableModel } from '../use-model.ts';

/** Before the first run: what the model is for. */
export function Idle({ model }: { model: RunnableModel }) {
  const { t } = useTranslation('playground');
  return (
    <figure>
      <div className="overflow-hidden rounded-lg border border-line">
        <ModelPicture model={model} eager />
      </div>
      <figcaption className="mt-3 text-ink-faint text-sm">{t('result.idle')}</figcaption>
    </figure>
  );
}
