import { useSortable } from '@dnd-kit/sortable';
import clsx from 'clsx';
import { CircleAlert, Globe, RotateCcw, X } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useErrorText } from '../../../components/states.tsx';
import { useFormKnowledge } from '../form/form-context.ts';
import { ownPicture } from './own-picture.ts';
import type { Upload } from './use-uploads.ts';

export interface ThumbnailProps {
  id: string;
  /** A URL, or the place of a picture that is still on its way. */
  item: string;
  place: number;
  count: number;
  problem: string | undefined;
  onRemove: () => void;
}

const smallButton =
  'absolute grid place-items-center rounded-full bg-black/65 text-white backdrop-blur-sm transition-colors hover:bg-black focus-visible:outline-white focus-visible:-outline-offset-3 [&_svg]:size-3.5';

export function Thumbnail({ id, item, place, count, problem, onRemove }: ThumbnailProps) {
  const { t } = useTranslation('playground');
  const { uploads } = useFormKnowledge();
  const upload = uploads.byPlace[item];
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } =
    useSortable({
      id,
      disabled: count === 1,
      attributes: { roleDescription: t('images.sortable') },
    });
  // Of another host, which the page does not ask for anything.
  const host = upload || ownPicture(item) ? undefined : hostOf(item);
  const name = t('images.picture', { place, count }) + (host ? `, ${host}` : '');
  const failed = upload?.error !== undefined;
  const errorText = useErrorText(upload?.error ?? '');
  const told = problem ?? (failed ? errorText : undefined);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Delete' || event.key === 'Backspace') onRemove();
    else listeners?.onKeyDown?.(event);
  };
  return (
    <li
      ref={setNodeRef}
      style={{
        transform: transform ? `translate(${transform.x}px, ${transform.y}px)` : undefined,
        transition,
      }}
      className={clsx(
        'relative aspect-square select-none rounded-md',
        isDragging && 'z-10 opacity-90 shadow-raised',
        told && 'outline-2 outline-bad',
      )}
    >
      <div
        ref={setActivatorNodeRef}
        {...(count > 1 ? { ...attributes, ...listeners, onKeyDown } : { role: 'img' })}
        {...{ 'aria-label': told ? `${name}: ${told}` : name }}
        title={told ?? (upload ? upload.file.name : item)}
        className={clsx(
          'size-full overflow-hidden rounded-md border border-line bg-sunken',
          count > 1 && 'cursor-grab active:cursor-grabbing',
        )}
      >
        <Inside item={item} upload={upload} />
      </div>
      {count > 1 && (
        <span
          aria-hidden
          className="pointer-events-none absolute bottom-1 left-1 rounded-sm bg-black/65 px-1.5 text-white text-xs leading-5 tabular-nums"
        >
          {place}
        </span>
      )}
      {told && (
        <CircleAlert
          aria-hidden
          className="pointer-events-none absolute right-1 bottom-1 size-5 rounded-full bg-surface text-bad"
        />
      )}
      {failed && (
        <button
          type="button"
          aria-label={t('images.retry', { place })}
          onClick={() => uploads.retry(item)}
          className={clsx(smallButton, 'top-1/2 left-1/2 size-9 -translate-x-1/2 -translate-y-1/2')}
        >
          <RotateCcw aria-hidden />
        </button>
      )}
      <button
        type="button"
        data-remove
        aria-label={t('images.remove', { place })}
        onClick={onRemove}
        className={clsx(smallButton, 'top-1 right-1 size-7 sm:size-6')}
      >
        <X aria-hidden />
      </button>
    </li>
  );
}

function Inside({ item, upload }: { item: string; upload: Upload | undefined }) {
  const { t } = useTranslation('playground');
  const [broken, setBroken] = useState(false);
  const source = upload?.preview ?? ownPicture(item);
  if (source && !broken)
    return (
      <>
        <img
          src={source}
          alt=""
          draggable={false}
          onError={() => setBroken(true)}
          className={clsx('size-full object-cover', upload && 'opacity-50')}
        />
        {upload && upload.error === undefined && (
          <div
            role="progressbar"
            aria-label={t('images.uploading', { name: upload.file.name })}
            aria-valuenow={Math.round(upload.progress * 100)}
            aria-valuemin={0}
            aria-valuemax={100}
            className="absolute inset-x-2 bottom-2 h-1.5 overflow-hidden rounded-full bg-black/60"
          >
            <div
              className="h-full bg-white transition-[width]"
              style={{ width: `${upload.progress * 100}%` }}
            />
          </div>
        )}
      </>
    );
  // Of another host, which the page does not ask for anything.
  return (
    <span className="flex size-full flex-col items-center justify-center gap-1 px-1 text-ink-faint">
      <Globe aria-hidden className="size-5" />
      <span className="w-full truncate text-center text-xs">{hostOf(item)}</span>
    </span>
  );
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : url);
