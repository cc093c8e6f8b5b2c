import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Brush } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Model } from '../../../../client/index.ts';
import { Button } from '../../../components/button.tsx';
import { Menu, MenuItem, MenuLabel } from '../../../components/menu.tsx';
import { toast } from '../../../components/toast-store.ts';
import { useAccount, useMay } from '../../../session/account.tsx';
import { useModels } from '../../explore/use-models.ts';
import { readDraft, writeDraft } from '../draft.ts';
import { dataToFile } from '../images/own-picture.ts';
import type { RunnableModel } from '../use-model.ts';
import type { Shown } from './outputs.ts';

/** What every model of ours that edits calls its pictures. */
const PICTURES = 'image_urls';

export interface UseAsInputProps {
  model: RunnableModel;
  output: Shown;
  /** How its words are shown. */
  words: string;
}

/** Goes on with a picture: in this model, or in one that edits. */
export function UseAsInput({ model, output, words }: UseAsInputProps) {
  const { t } = useTranslation('playground');
  const { darkroom, account } = useAccount();
  const allowed = useMay('generate');
  const navigate = useNavigate();
  const { data: models = [] } = useModels();
  const go = useMutation({
    mutationFn: async (target: Model) => {
      // The bytes of a synchronous request are nowhere else.
      const url = output.url.startsWith('data:')
        ? (await darkroom.files.upload(dataToFile(output.url, 'picture'))).url
        : output.url;
      const draft = readDraft(account.id, target.model_id);
      const input: Record<string, unknown> = { ...draft?.input, [PICTURES]: [url] };
      writeDraft(account.id, target.model_id, { input });
      // A new visit even of this page: it begins with the draft.
      await navigate({
        to: '/models/$',
        params: { _splat: target.model_id },
        search: {},
        state: { begun: Date.now() },
      });
    },
    onError: (error) => toast({ title: error.message, tone: 'bad' }),
  });
  const targets = editors(models, model);
  if (!allowed || targets.length === 0) return null;
  return (
    <Menu
      trigger={
        <Button
          size="sm"
          variant="ghost"
          icon={<Brush aria-hidden />}
          busy={go.isPending}
          title={t('result.useAsInput')}
          className="max-sm:h-10"
        >
          <span className={words}>{t('result.useAsInput')}</span>
          <span className="sr-only">{output.place}</span>
        </Button>
      }
    >
      <MenuLabel>{t('result.editWith')}</MenuLabel>
      {targets.map((target) => (
        <MenuItem key={target.model_id} onSelect={() => go.mutate(target)}>
          {target.display_name}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** Models that can run and take pictures: this one first, then its own family's. */
function editors(models: readonly Model[], model: Model): Model[] {
  const family = model.model_id.slice(0, model.model_id.lastIndexOf('/'));
  const rank = ({ model_id }: Model): number =>
    model_id === model.model_id ? 0 : model_id.startsWith(`${family}/`) ? 1 : 2;
  return models
    .filter(({ available, inputs }) => available && inputs.includes(PICTURES))
    .sort((a, b) => rank(a) - rank(b));
}
