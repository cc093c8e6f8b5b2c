/**
 * Rows about stored bytes. A row comes before its bytes and carries a time to expire until something owns it:
 * a crash between the two leaves a row that the sweep removes together with whatever was written.
 */
import { type Queryable, statement } from '../db/database.ts';
import { randomName } from '../lib/ids.ts';
import type { StoreKey } from './store.ts';

export type FileKind = 'upload' | 'input' | 'fetched' | 'raw' | 'output' | 'sync' | 'direct';

export interface FileRow {
  id: string;
  account_id: string;
  kind: FileKind;
  request_id: string | null;
  round: number | null;
  ordinal: number | null;
  name: string | null;
  content_type: string | null;
  bytes: number | null;
  width: number | null;
  height: number | null;
  sha256: string | null;
  seed: number | null;
  created_at: string;
  expires_at: string | null;
}

const COLUMNS = `id, account_id, kind, request_id, round, ordinal, name, content_type, bytes, width, height, sha256, seed, created_at, expires_at`;

/** Where a file's bytes are. The id is ours: 160 random bits in letters and digits. */
export const storeKeyOf = (fileId: string): StoreKey => `files/${fileId}`;

const insertPending = statement<{ id: string }>(
  'insert_pending_file',
  `insert into files (id, account_id, kind, expires_at) values ($1, $2, $3, now() + interval '6 hours') returning id`,
);

/** Announces bytes that are about to be written. @returns the file's id. */
export async function announceFile(db: Queryable, accountId: string, kind: FileKind): Promise<string> {
  const id = randomName();
  await db.row(insertPending, [id, accountId, kind]);
  return id;
}

export interface FileDescription {
  name?: string | null;
  contentType: string;
  bytes: number;
  sha256: string;
  width?: number | null;
  height?: number | null;
  /** For inputs: their place in the list. */
  ordinal?: number | null;
  requestId?: string | null;
}

const describe = statement<FileRow>(
  'describe_file',
  `update files set name = $2, content_type = $3, bytes = $4, sha256 = $5, width = $6, height = $7, ordinal = $8, request_id = $9,
          expires_at = case when $10 then null else expires_at end
    where id = $1
   returning ${COLUMNS}`,
);

/** The bytes are there. `keep`: the file no longer expires by itself. */
export async function describeFile(
  db: Queryable,
  fileId: string,
  file: FileDescription,
  keep: boolean,
): Promise<FileRow> {
  const row = await db.row(describe, [
    fileId,
    file.name ?? null,
    file.contentType,
    file.bytes,
    file.sha256,
    file.width ?? null,
    file.height ?? null,
    file.ordinal ?? null,
    file.requestId ?? null,
    keep,
  ]);
  if (!row) throw new Error('the file expired while it was written');
  return row;
}

// Only what is meant to be seen: not what was fetched, nor what waits for its format, nor the bytes of a synchronous request.
const selectServed = statement<FileRow>(
  'read_served_file',
  `select ${COLUMNS} from files
    where id = $1 and kind in ('upload', 'input', 'output') and bytes is not null and (expires_at is null or expires_at > now())`,
);

export const findServedFile = (db: Queryable, fileId: string): Promise<FileRow | undefined> =>
  db.row(selectServed, [fileId]);

const selectOutputs = statement<FileRow>(
  'read_outputs',
  `select ${COLUMNS} from files
    where request_id = $1 and kind in ('output', 'sync') and (expires_at is null or expires_at > now())
    order by round, ordinal`,
);

export const readOutputs = (db: Queryable, requestId: string): Promise<FileRow[]> =>
  db.rows(selectOutputs, [requestId]);

const selectInputs = statement<FileRow>(
  'read_inputs',
  `select ${COLUMNS} from files where request_id = $1 and kind = 'fetched' and bytes is not null and (expires_at is null or expires_at > now())`,
);

/** Inputs that an earlier run of the request has fetched. */
export const readFetchedInputs = (db: Queryable, requestId: string): Promise<FileRow[]> =>
  db.rows(selectInputs, [requestId]);

const selectRaw = statement<FileRow>(
  'read_raw',
  `select ${COLUMNS} from files where request_id = $1 and round = $2 and kind = 'raw' order by ordinal`,
);

/** What a backend gave for a round and is not in the asked format yet. */
export const readRawFiles = (db: Queryable, requestId: string, round: number): Promise<FileRow[]> =>
  db.rows(selectRaw, [requestId, round]);

const selectUploads = statement<FileRow>(
  'list_uploads',
  `select ${COLUMNS} from files
    where account_id = $1 and kind = 'upload' and bytes is not null and (expires_at is null or expires_at > now())
      and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3::text))
    order by created_at desc, id desc
    limit $4`,
);

/** Newest first, after the given place. */
export const listUploads = (
  db: Queryable,
  accountId: string,
  after: { createdAt: string; id: string } | undefined,
  limit: number,
): Promise<FileRow[]> =>
  db.rows(selectUploads, [accountId, after?.createdAt ?? null, after?.id ?? null, limit]);

const selectUpload = statement<FileRow>(
  'read_upload',
  `select ${COLUMNS} from files
    where id = $1 and account_id = $2 and kind = 'upload' and bytes is not null and (expires_at is null or expires_at > now())`,
);

export const findUpload = (db: Queryable, accountId: string, fileId: string): Promise<FileRow | undefined> =>
  db.row(selectUpload, [fileId, accountId]);

const expireUpload = statement<{ id: string }>(
  'expire_upload',
  `update files set expires_at = now() where id = $1 and account_id = $2 and kind = 'upload' returning id`,
);
const selectExpired = statement<{ id: string }>(
  'list_expired_files',
  'select id from files where expires_at < now() order by expires_at, id limit $1 offset $2',
);
const oldestExpired = statement<{ seconds: number | null }>(
  'oldest_expired_file',
  'select extract(epoch from now() - min(expires_at))::float8 as seconds from files where expires_at < now()',
);
const deleteRows = statement<{ id: string }>(
  'delete_files',
  'delete from files where id = any($1::text[]) and expires_at < now() returning id',
);
const expireOlder = statement<{ id: string }>(
  'expire_old_outputs',
  `update files set expires_at = now()
    where id in (select id from files where kind = 'output' and expires_at is null and created_at < now() - make_interval(secs => $1) limit $2)
   returning id`,
);

/** @returns whether the account had such an upload. Its bytes are gone for readers at once, from the disk with the next sweep. */
export const removeUpload = async (db: Queryable, accountId: string, fileId: string): Promise<boolean> =>
  (await db.row(expireUpload, [fileId, accountId])) !== undefined;

/** Longest expired first, without the first `skip`. */
export const listExpired = async (db: Queryable, limit: number, skip: number): Promise<string[]> =>
  (await db.rows(selectExpired, [limit, skip])).map(({ id }) => id);

/** How long ago the first of them expired; null: there are none. */
export const readOldestExpired = async (db: Queryable): Promise<number | null> =>
  (await db.row(oldestExpired))!.seconds;

/** Call after the bytes are gone. */
export const forgetFiles = (db: Queryable, ids: string[]): Promise<{ id: string }[]> =>
  db.rows(deleteRows, [ids]);

/** Outputs older than `seconds` expire. @returns how many did. */
export const expireOldOutputs = async (db: Queryable, seconds: number, limit: number): Promise<number> =>
  (await db.rows(expireOlder, [seconds, limit])).length;
