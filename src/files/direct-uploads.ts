/**
 * Uploads in three steps: announced, sent straight to where bytes are stored, completed. What was sent lies under a key of
 * its own and becomes an upload like any other when it is completed: by then its bytes are copied, since the address that
 * they were sent to goes on working, and are looked at.
 */
import type { Readable } from 'node:stream';
import { type Database, type Queryable, statement } from '../db/database.ts';
import { type ApiError, errors } from '../errors.ts';
import { randomName } from '../lib/ids.ts';
import { type FileRow, findUpload, storeKeyOf } from './file-records.ts';
import { FileMissing, type FileStore, FileTooLarge } from './store.ts';
import { shownName, storeUpload } from './upload.ts';

/** For bytes to begin to arrive. Their row lives for longer than any transfer that has begun by then. */
export const DIRECT_LIFETIME_MS = 3_600_000;

interface DirectRow {
  id: string;
  name: string | null;
  /** As announced. */
  bytes: number;
  /** What it became. */
  upload_id: string | null;
  sendable_until: string;
}

const COLUMNS = `id, name, bytes, upload_id, created_at + make_interval(secs => ${DIRECT_LIFETIME_MS / 1000}) as sendable_until`;

const insertDirect = statement<DirectRow>(
  'announce_direct_upload',
  `insert into files (id, account_id, kind, name, bytes, expires_at) values ($1, $2, 'direct', $3, $4, now() + interval '6 hours')
   returning ${COLUMNS}`,
);
const selectSendable = statement<DirectRow>(
  'read_sendable_upload',
  `select ${COLUMNS} from files
    where id = $1 and kind = 'direct' and upload_id is null and created_at > now() - make_interval(secs => ${DIRECT_LIFETIME_MS / 1000})`,
);
const selectOwn = statement<DirectRow>(
  'read_direct_upload',
  `select ${COLUMNS} from files where id = $1 and account_id = $2 and kind = 'direct' and expires_at > now()`,
);
const setUpload = statement<{ id: string }>(
  'complete_direct_upload',
  'update files set upload_id = $2 where id = $1 and upload_id is null returning id',
);

export async function announceDirectUpload(
  db: Queryable,
  accountId: string,
  { name, bytes }: { name: string | null; bytes: number },
): Promise<DirectRow> {
  return (await db.row(insertDirect, [randomName(), accountId, shownName(name), bytes]))!;
}

/** One that still waits for its bytes. Whoever has its id, which nobody can guess, may send them. */
export const findSendable = (db: Queryable, id: string): Promise<DirectRow | undefined> =>
  db.row(selectSendable, [id]);

/**
 * Takes the bytes of an announced upload, where clients do not send them to the store themselves.
 * @throws 400 when `source` breaks off, 422 when it has not as many bytes as announced.
 */
export async function receiveDirectUpload(
  store: FileStore,
  direct: DirectRow,
  source: Readable,
): Promise<void> {
  const key = storeKeyOf(direct.id);
  try {
    const stored = await store.write(key, source, { maxBytes: direct.bytes });
    if (stored.bytes !== direct.bytes) {
      await store.remove(key);
      throw otherLength(direct.bytes);
    }
  } catch (error) {
    if (error instanceof FileTooLarge) throw otherLength(direct.bytes);
    if (error === source.errored)
      throw errors.invalidResourceIdentifier('The upload broke off. Send it again, whole.');
    throw error;
  }
}

export const otherLength = (bytes: number): ApiError =>
  errors.validation([
    { loc: ['body'], msg: `must have the ${bytes} bytes that were announced`, type: 'length' },
  ]);

/**
 * Makes an upload of what was sent. Done again, it gives the same upload.
 * @throws 404; 409 while nothing has arrived; as for any upload when the bytes cannot be used.
 */
export async function completeDirectUpload(
  context: { db: Database; store: FileStore },
  accountId: string,
  id: string,
): Promise<FileRow> {
  const { db, store } = context;
  const direct = await db.row(selectOwn, [id, accountId]);
  if (!direct) throw noSuchDirectUpload();
  if (direct.upload_id) return uploadOf(db, accountId, direct.upload_id);
  const key = storeKeyOf(id);
  let source: Readable | undefined;
  try {
    source = await store.read(key);
    const row = await storeUpload(context, accountId, source, {
      name: direct.name,
      async finish(stored) {
        if (stored.bytes !== direct.bytes) throw otherLength(direct.bytes);
      },
      // Of two that complete it at once, one makes the upload.
      keep: (fileId, describe) =>
        db.transaction(async (tx) => {
          const described = await describe(tx);
          if (!(await tx.row(setUpload, [id, fileId]))) throw new CompletedAlready();
          return described;
        }),
    });
    // Its row stays until nobody can send to it any more, and the sweep removes what may yet arrive.
    await store.remove(key).catch(() => {});
    return row;
  } catch (error) {
    source?.destroy();
    // Whoever has completed it meanwhile has taken the bytes away.
    const now = await db.row(selectOwn, [id, accountId]);
    if (now?.upload_id) return uploadOf(db, accountId, now.upload_id);
    if (error instanceof FileMissing)
      throw errors.conflict('Its bytes have not arrived yet. PUT them to `upload_url` first.');
    throw error;
  }
}

class CompletedAlready extends Error {}

async function uploadOf(db: Queryable, accountId: string, uploadId: string): Promise<FileRow> {
  const row = await findUpload(db, accountId, uploadId);
  if (!row) throw noSuchDirectUpload();
  return row;
}

export const noSuchDirectUpload = (): ApiError =>
  errors.notFound('There is no such upload, or its time is over. Announce it with POST /v1/files/direct.');
