/** Looks whether the bytes of every file are where they should be. */
import type { Database } from '../db/database.ts';
import { hashOf, readFilesPage } from './copy-files.ts';
import { storeKeyOf } from './file-records.ts';
import type { FileStore } from './store.ts';

const AT_ONCE = 8;

export interface Checked {
  files: number;
  bytes: number;
  /** Ids of those that are not there. */
  missing: string[];
  /** Ids of those that are not as they were stored. */
  damaged: string[];
}

/**
 * @param reads also reads them, and compares what they are; else only how large they are
 * @throws {StoreUnavailable}
 */
export async function checkFiles(
  { db, store }: { db: Database; store: FileStore },
  { reads, onPage }: { reads: boolean; onPage(so: Checked): void },
): Promise<Checked> {
  const checked: Checked = { files: 0, bytes: 0, missing: [], damaged: [] };
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await readFilesPage(db, after);
    // What is not described yet may have no bytes yet.
    const rows = page.rows.filter(({ sha256 }) => sha256 !== null).values();
    const work = async (): Promise<void> => {
      for (const { id, bytes, sha256 } of rows) {
        const size = await store.size(storeKeyOf(id));
        if (size === undefined) checked.missing.push(id);
        else if (size !== bytes || (reads && (await hashOf(store, storeKeyOf(id))) !== sha256))
          checked.damaged.push(id);
        checked.files++;
        checked.bytes += size ?? 0;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    onPage(checked);
    after = page.next;
  }
  return checked;
}
