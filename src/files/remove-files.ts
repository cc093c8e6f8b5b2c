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
  const gone: string[] = [];
  for (const id of ids) {
    try {
      await store.remove(storeKeyOf(id));
      gone.push(id);
    } catch (error) {
      log.warn({ err: error, file: id }, 'a file could not be removed; the next sweep tries again');
    }
  }
  if (gone.length > 0) await forgetFiles(db, gone);
  return ids.length - gone.length;
}
