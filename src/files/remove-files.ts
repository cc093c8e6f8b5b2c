import type { Database } from '../db/database.ts';
import { forgetFiles, storeKeyOf } from './file-records.ts';
import type { FileStore } from './store.ts';

/** The bytes of expired files, then their rows: the other way round a crash would leave bytes that nobody knows. */
export async function removeFiles(
  { db, store }: { db: Database; store: FileStore },
  ids: string[],
): Promise<void> {
  for (const id of ids) await store.remove(storeKeyOf(id));
  if (ids.length > 0) await forgetFiles(db, ids);
}
