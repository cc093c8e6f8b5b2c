import type { FieldProps } from '@rjsf/utils';
import { useTranslation } from 'react-i18next';
import { toast } from '../../../components/toast-store.ts';
import { useFormKnowledge } from '../form/form-context.ts';
import { AddPictures } from './add-pictures.tsx';
import { dataToFile } from './own-picture.ts';
import { Thumbnails } from './thumbnails.tsx';
import { useIncoming } from './use-incoming.ts';

/** What the server takes of one picture: docs/api.md. */
const MOST_BYTES = 50_000_000;

/** The pictures a model is given: by drop, paste, choice or address; in an order that can be changed. */
export function ImagesField({ name, schema, formData, errorSchema, fieldPathId, onChange }: FieldProps) {
  const { t } = useTranslation('playground');
  const { uploads, imageNames } = useFormKnowledge();
  const isList = schema.type === 'array';
  const items: string[] = isList ? (formData ?? []) : formData ? [formData] : [];
  const most = isList ? (schema.maxItems ?? 1) : 1;
  const room = most - items.length;
  const keep = (next: string[]): void => onChange(isList ? next : next[0], fieldPathId.path);

  const complain = (title: string): void => toast({ tone: 'bad', title });
  const addFiles = (files: readonly File[]): void => {
    const pictures = files.filter(({ type }) => type.startsWith('image/'));
    const fitting = pictures.filter(({ size }) => size <= MOST_BYTES);
    if (pictures.length < files.length) complain(t('images.notAPicture'));
    if (fitting.length < pictures.length) complain(t('images.tooLarge'));
    if (fitting.length > room) complain(t('images.tooMany', { count: most }));
    const added = fitting.slice(0, Math.max(room, 0));
    if (added.length > 0) uploads.add(name, added, isList);
  };
  const addData = (uri: string): void => {
    try {
      addFiles([dataToFile(uri, 'pasted')]);
    } catch {
      complain(t('images.notAPicture'));
    }
  };
  const addUrl = (url: string): void => {
    if (room <= 0) complain(t('images.tooMany', { count: most }));
    else if (/^data:/i.test(url)) addData(url);
    else keep([...items, url]);
  };
  // What comes from anywhere on the page goes to the first field that takes pictures.
  const over = useIncoming({ onFiles: addFiles, onUrl: addUrl }, uploads.allowed && imageNames[0] === name);
  const problems = errorSchema as Record<number, { __errors?: string[] }> | undefined;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {items.length > 0 && (
        <Thumbnails
          items={items}
          problems={items.map((_, index) => problems?.[index]?.__errors?.[0])}
          onChange={keep}
        />
      )}
      <AddPictures
        count={items.length}
        most={most}
        over={over && room > 0}
        onFiles={addFiles}
        onUrl={addUrl}
      />
    </div>
  );
}
