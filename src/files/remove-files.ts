import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import { forgetFiles, storeKeyOf } from './file-records.ts';
import type { FileStore } from './store.ts';

/**
 * The bytes of expired files, then their rows: the other way round a crash would leave bytes that nobody knows.
 * @returns how many are left: one that cannot be removed keeps no other from going, and waits for the next sweep.
 */
export async function removeFiles(
  { db, store, log }: { db: Database; store: FileStore; log: Logger },
  ids: string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const unremoved = await store.removeMany(ids.map(storeKeyOf));
  for (const { key, error } of unremoved)
    log.warn({ err: error, file: key }, 'a file could not be removed; the next sweep tries again');
  const left = new Set(unremoved.map(({ key }) => key));
  const gone = ids.filter((id) => !left.has(storeKeyOf(id)));
  if (gone.length > 0) await forgetFiles(db, gone);
  return ids.length - gone.length;
}
