import clsx from 'clsx';
import { ImagePlus, Link2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../components/button.tsx';
import { Input, useFieldProps } from '../../../components/field.tsx';
import { useFormat } from '../../../lib/use-format.ts';
import { pictureOf } from '../../explore/pictures.ts';
import { useFormKnowledge } from '../form/form-context.ts';

export interface AddPicturesProps {
  count: number;
  most: number;
  /** Something that can be dropped is held over the page. */
  over: boolean;
  onFiles: (files: readonly File[]) => void;
  onUrl: (url: string) => void;
}

/** One of the pictures that come with Darkroom, for who has none at hand. */
const EXAMPLE = pictureOf('google/nano-banana-2/text-to-image');

/** Where files are dropped or chosen, and addresses pasted. */
export function AddPictures({ count, most, over, onFiles, onUrl }: AddPicturesProps) {
  const { t } = useTranslation('playground');
  const { number } = useFormat();
  const { uploads } = useFormKnowledge();
  const { 'aria-required': _, ...field } = useFieldProps();
  const takeExample = async (): Promise<void> => {
    const blob = await (await fetch(EXAMPLE!)).blob();
    onFiles([new File([blob], 'example.webp', { type: 'image/webp' })]);
  };
  if (count >= most) return null;
  return (
    <>
      {uploads.allowed && (
        <label
          className={clsx(
            'relative flex cursor-pointer flex-col items-center justify-center gap-1 rounded-md border border-dashed px-3 text-center transition-colors',
            'has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2',
            over ? 'border-accent bg-accent-soft' : 'border-edge bg-sunken/60 hover:bg-hover',
            count === 0 ? 'min-h-28 py-4' : 'min-h-14 py-2',
          )}
        >
          <input
            {...field}
            type="file"
            accept="image/*"
            multiple={most > 1}
            className="absolute inset-0 cursor-pointer opacity-0"
            onChange={(event) => {
              onFiles([...(event.target.files ?? [])]);
              // The same file may be chosen again.
              event.target.value = '';
            }}
          />
          <span className="flex items-center gap-2 font-medium text-sm">
            <ImagePlus aria-hidden className="size-4.5 text-ink-soft" />
            {over ? t('images.letGo') : t('images.choose', { count: most })}
          </span>
          <span className="text-ink-faint text-xs">
            {count === 0 ? t('images.ways') : t('images.count', { used: number(count), limit: number(most) })}
          </span>
        </label>
      )}
      <AddByAddress onUrl={onUrl} />
      {count === 0 && uploads.allowed && EXAMPLE && (
        <Button
          size="sm"
          variant="ghost"
          icon={<ImagePlus aria-hidden />}
          onClick={() => void takeExample()}
          className="-ml-2 self-start"
        >
          {t('images.example')}
        </Button>
      )}
    </>
  );
}

function AddByAddress({ onUrl }: { onUrl: (url: string) => void }) {
  const { t } = useTranslation('playground');
  const [url, setUrl] = useState('');
  const [wrong, setWrong] = useState(false);
  const add = (): void => {
    const address = url.trim();
    if (address === '') return;
    const isAddress = /^(?:https?:\/\/|data:image\/)/i.test(address) && URL.canParse(address);
    setWrong(!isAddress);
    if (!isAddress) return;
    onUrl(address);
    setUrl('');
  };
  return (
    <div>
      <div className="flex gap-2">
        <div className="relative min-w-0 flex-1">
          <Link2
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-faint"
          />
          <Input
            id={undefined}
            type="url"
            inputMode="url"
            autoComplete="off"
            aria-label={t('images.address')}
            aria-required={false}
            aria-invalid={wrong || undefined}
            placeholder={t('images.address')}
            value={url}
            onChange={(event) => {
              setUrl(event.target.value);
              setWrong(false);
            }}
            onKeyDown={(event) => {
              // Not the whole form.
              if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
              event.preventDefault();
              add();
            }}
            className="pl-9"
          />
        </div>
        <Button onClick={add} disabled={url.trim() === ''}>
          {t('images.add')}
        </Button>
      </div>
      {wrong && (
        <p role="alert" className="mt-1 text-bad-ink text-sm">
          {t('images.noAddress')}
        </p>
      )}
    </div>
  );
}
