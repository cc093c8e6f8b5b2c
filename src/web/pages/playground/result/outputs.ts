import { outputUrls, type Result } from '../../../../client/index.ts';

/** An output that can be shown. */
export interface Shown {
  /** Which of those of its request, from 1. */
  place: number;
  url: string;
  /** MIME type. */
  type: string;
  width: number | null;
  height: number | null;
  bytes: number | undefined;
  seed: number | undefined;
  /** For the file that is saved. */
  name: string;
}

/** What a request has made: URLs of files, or the bytes themselves of a synchronous one. */
export function outputsOf(result: Result): Shown[] {
  return outputUrls(result).map((url, index) => {
    const file = result.files?.[index];
    const type = file?.content_type ?? /^data:([^;,]+)/.exec(url)?.[1] ?? 'image/*';
    const seed = file?.seed ?? undefined;
    const model = (result.model_id ?? 'darkroom').split('/').slice(-2).join('-');
    const extension = type.split('/')[1]?.replace('jpeg', 'jpg').replace('*', 'png') ?? 'png';
    const mark = seed ?? `${result.request_id.slice(0, 8)}-${index + 1}`;
    return {
      place: index + 1,
      url,
      type,
      width: file?.width ?? null,
      height: file?.height ?? null,
      bytes: file?.bytes,
      seed,
      name: `${model}-${mark}.${extension}`,
    };
  });
}
