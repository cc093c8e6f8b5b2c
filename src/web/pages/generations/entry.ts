/** What is shown of a request wherever it is one of many. */
import type { HistoryEntry } from '../../../client/index.ts';

export interface Media {
  url: string;
  kind: 'image' | 'video';
  width: number | undefined;
  height: number | undefined;
}

/** Its outputs; of a synchronous one, nothing is kept. */
export function mediaOf({ output, files }: Pick<HistoryEntry, 'output' | 'files'>): Media[] {
  const { image, images, video, videos } = output ?? {};
  const pictures = images ?? (image ? [image] : []);
  const films = videos ?? (video ? [video] : []);
  const sizes = (index: number) => ({
    width: files?.[index]?.width ?? undefined,
    height: files?.[index]?.height ?? undefined,
  });
  return [
    ...pictures.map((url, index) => ({ url, kind: 'image' as const, ...sizes(index) })),
    ...films.map((url, index) => ({ url, kind: 'video' as const, ...sizes(index) })),
  ];
}

/** What was asked for, in the asker's words; the model where there are none. */
export function promptOf({ input, model_id }: Pick<HistoryEntry, 'input' | 'model_id'>): string {
  return typeof input.prompt === 'string' && input.prompt.trim() !== '' ? input.prompt : (model_id ?? '');
}
