/** Results in the AI SDK's words: metadata and warnings. */
import type { JSONObject, SharedV4Warning } from '@ai-sdk/provider';
import { type CompletedResult, outputUrls } from '../client/index.ts';
import type { Size } from './sizes.ts';

/** Of the request as a whole. */
export function describeRequest({ request_id, cost, backend, timings }: CompletedResult): JSONObject {
  return {
    requestId: request_id,
    ...(cost !== undefined && { costUsd: cost }),
    ...(backend !== undefined && { backend }),
    ...(timings && { seconds: timings.total_seconds }),
  };
}

/** Of each output. `costUsd` is its share. */
export function describeOutputs(result: CompletedResult): JSONObject[] {
  const urls = outputUrls(result);
  return urls.map((url, index) => {
    const { seed, width, height, content_type, bytes, sha256 } = result.files?.[index] ?? {};
    return {
      requestId: result.request_id,
      ...(!url.startsWith('data:') && { url }),
      ...(result.cost !== undefined && { costUsd: result.cost / urls.length }),
      ...(seed != null && { seed }),
      ...(width != null && { width }),
      ...(height != null && { height }),
      ...(content_type !== undefined && { mediaType: content_type }),
      ...(bytes !== undefined && { bytes }),
      ...(sha256 !== undefined && { sha256 }),
    };
  });
}

/** What the server left out, lacks or did otherwise. */
export function resultWarnings({ warnings = [], adjustments = [] }: CompletedResult): SharedV4Warning[] {
  return [
    ...warnings.map(
      ({ field, message }): SharedV4Warning =>
        field === undefined
          ? { type: 'other', message }
          : { type: 'unsupported', feature: `providerOptions.darkroom.${field}`, details: message },
    ),
    ...adjustments.map((message): SharedV4Warning => ({ type: 'other', message })),
  ];
}

/** Where outputs have another size than was asked for in words of the model. */
export function sizeWarnings(
  feature: string,
  size: Size | undefined,
  { aspect_ratio, resolution }: Record<string, unknown>,
  { files = [] }: CompletedResult,
): SharedV4Warning[] {
  if (!size || files.every(({ width, height }) => width === size.width && height === size.height)) return [];
  const asked = [aspect_ratio, resolution].filter((part) => part !== undefined).join(', ');
  const made = new Set(files.map(({ width, height }) => `${width}x${height}`));
  const details = `${size.width}x${size.height} was asked for as ${asked}, and came as ${[...made].join(', ')}.`;
  return [{ type: 'compatibility', feature, details }];
}
