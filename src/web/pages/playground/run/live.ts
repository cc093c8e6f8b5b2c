/** A request as it goes on, folded from what the server tells of it. */
import type { OutputFile, Status, Update } from '../../../../client/index.ts';

export interface Live {
  status?: Status;
  /** Those that are finished while others are still made, in the order they were asked for. */
  files: (OutputFile & { index: number })[];
}

export const NOTHING_YET: Live = { files: [] };

export function fold(live: Live, update: Update): Live {
  if (update.type === 'status') {
    const { type: _, ...status } = update;
    return { ...live, status };
  }
  const others = live.files.filter(({ url }) => url !== update.url);
  return { ...live, files: [...others, update].sort((a, b) => a.index - b.index) };
}
