import type { Output } from './types.ts';

/** The URLs of a result's outputs, whether there is one, several or none. */
export function outputUrls({ output = {} }: { output?: Output }): string[] {
  const { image, images, video, videos } = output;
  return [image, ...(images ?? []), video, ...(videos ?? [])].filter((url) => url !== undefined);
}
