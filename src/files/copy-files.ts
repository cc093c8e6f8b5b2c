/** Copies all stored bytes from one store to another, each checked against what its row says. */
import { createHash } from 'node:crypto';
import { type Database, statement } from '../db/database.ts';
import { storeKeyOf } from './file-records.ts';
import { FileMissing, type FileStore } from './store.ts';

interface Row {
  id: string;
  /** Null of what is not described yet, such as an output that waits for its format. */
  bytes: number | null;
  sha256: string | null;
}

const selectPage = statement<Row>(
  'list_files_that_are_kept',
  `select id, bytes, sha256 from files
    where id > $1 and (expires_at is null or expires_at > now())
    order by id
    limit $2`,
);
const selectLeft = statement<{ id: string }>(
  'list_files_that_are_left',
  'select id from files where id = any($1::text[])',
);

const PAGE = 500;
const AT_ONCE = 4;

/** The files that have not expired, by id. @returns as well what the next page comes after; undefined: this is the last. */
export async function readFilesPage(
  db: Database,
  after: string,
): Promise<{ rows: Row[]; next: string | undefined }> {
  const rows = await db.rows(selectPage, [after, PAGE]);
  return { rows, next: rows.length < PAGE ? undefined : rows.at(-1)!.id };
}

export interface Copied {
  files: number;
  bytes: number;
  /** Were there already. */
  kept: number;
  /** Ids of those whose bytes are not where they should be. */
  missing: string[];
  /** Ids of those whose bytes are others than they were; they are not copied. */
  damaged: string[];
}

/**
 * What is there already is passed over, so that it can be done again and goes on where it ended.
 * @param verifies also reads what is there already
 * @throws {StoreUnavailable}
 */
export async function copyFiles(
  { db, from, to }: { db: Database; from: FileStore; to: FileStore },
  { verifies, onPage }: { verifies: boolean; onPage(so: Copied): void },
): Promise<Copied> {
  const copied: Copied = { files: 0, bytes: 0, kept: 0, missing: [], damaged: [] };
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await readFilesPage(db, after);
    const rows = page.rows.values();
    const work = async (): Promise<void> => {
      for (const row of rows) await copyFile({ from, to }, row, verifies, copied);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await removeOrphans(db, to, page.rows);
    onPage(copied);
    after = page.next;
  }
  return copied;
}

async function copyFile(
  { from, to }: { from: FileStore; to: FileStore },
  { id, bytes, sha256 }: Row,
  verifies: boolean,
  copied: Copied,
): Promise<void> {
  const key = storeKeyOf(id);
  const there = await to.size(key);
  const expected = sha256 === null ? await from.size(key) : bytes;
  if (
    there !== undefined &&
    there === expected &&
    !(verifies && sha256 && (await hashOf(to, key)) !== sha256)
  ) {
    copied.kept++;
    return;
  }
  try {
    const stored = await to.write(key, await from.read(key));
    if (sha256 !== null && stored.sha256 !== sha256) {
      await to.remove(key);
      copied.damaged.push(id);
      return;
    }
    copied.files++;
    copied.bytes += stored.bytes;
  } catch (error) {
    if (!(error instanceof FileMissing)) throw error;
    // What has just been announced, or was given up, has no bytes.
    if (sha256 !== null) copied.missing.push(id);
  }
}

/** A server that runs meanwhile may have removed some: bytes without a row would stay for ever. */
async function removeOrphans(db: Database, to: FileStore, page: readonly Row[]): Promise<void> {
  const ids = page.map(({ id }) => id);
  const left = new Set((await db.rows(selectLeft, [ids])).map(({ id }) => id));
  const gone = ids.filter((id) => !left.has(id));
  if (gone.length > 0) await to.removeMany(gone.map(storeKeyOf));
}

/** SHA-256, in lower-case hex, of what is stored. */
export async function hashOf(store: FileStore, key: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await store.read(key)) hash.update(chunk);
  return hash.digest('hex');
}
