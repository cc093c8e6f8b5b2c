/** Takes an uploaded image or video in: streamed into the store, then looked at, since its type is what its bytes say. */
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Queryable } from '../db/database.ts';
import { errors } from '../errors.ts';
import { announceFile, describeFile, type FileRow, storeKeyOf } from './file-records.ts';
import { inspectImage } from './image-input.ts';
import { InputError } from './input-error.ts';
import { sniff } from './sniff.ts';
import { type FileStore, FileTooLarge, type StoredBytes, type StoreKey, StoreUnavailable } from './store.ts';

/** A video's bound; an image's is half of it. */
export const MAX_UPLOAD_BYTES = 100 * 2 ** 20;
const MAX_IMAGE_BYTES = 50 * 2 ** 20;
/** Enough to tell a video, of which nothing more is looked at. */
const HEAD_BYTES = 64 * 1024;

export interface UploadOptions {
  name: string | null;
  /** Called when all of the source is in the store; may refuse it still. */
  finish(stored: StoredBytes): Promise<void>;
  /** Describes the row, with what has to happen in the same transaction. */
  keep?(fileId: string, describe: (tx: Queryable) => Promise<FileRow>): Promise<FileRow>;
}

/**
 * @throws 400 when `source` breaks off, 413 when it is too large, 422 when it is no image or video that can be used.
 */
export async function storeUpload(
  { db, store }: { db: Queryable; store: FileStore },
  accountId: string,
  source: Readable,
  { name, finish, keep = (_, describe) => describe(db) }: UploadOptions,
): Promise<FileRow> {
  const fileId = await announceFile(db, accountId, 'upload');
  const key = storeKeyOf(fileId);
  try {
    const stored = await store.write(key, source, { maxBytes: MAX_UPLOAD_BYTES });
    // A form's file is cut at the limit without an error.
    if (stored.bytes >= MAX_UPLOAD_BYTES) throw new FileTooLarge(MAX_UPLOAD_BYTES);
    await finish(stored);
    const facts = await inspect(store, key, stored.bytes);
    const file = { ...facts, ...stored, name: shownName(name) };
    return await keep(fileId, (tx) => describeFile(tx, fileId, file, true));
  } catch (error) {
    await store.remove(key).catch(() => {});
    if (error instanceof StoreUnavailable) throw error;
    if (error === source.errored)
      throw errors.invalidResourceIdentifier(
        'The upload broke off, or is no valid multipart/form-data with a boundary. Send it again, whole.',
      );
    if (error instanceof FileTooLarge)
      throw errors.payloadTooLarge('The file is too large: images may have 50 MB, videos 100 MB.');
    if (error instanceof InputError)
      throw errors.validation([{ loc: ['body', 'file'], msg: error.message, type: `input_${error.reason}` }]);
    throw error;
  }
}

async function inspect(
  store: FileStore,
  key: StoreKey,
  bytes: number,
): Promise<{ contentType: string; width: number | null; height: number | null }> {
  const all = (): Promise<Buffer> => store.readAll(key);
  const range = { start: 0, end: HEAD_BYTES - 1 };
  const head = await (bytes > HEAD_BYTES ? buffer(await store.read(key, { range })) : all());
  const type = await sniff(head);
  if (type.kind === 'video') return { contentType: type.contentType, width: null, height: null };
  if (bytes > MAX_IMAGE_BYTES) throw new FileTooLarge(MAX_IMAGE_BYTES);
  const { contentType, width, height } = await inspectImage(bytes > HEAD_BYTES ? await all() : head);
  return { contentType, width, height };
}

/** Only ever shown and offered for saving: the last part of a path, without what a terminal or a header could trip over. */
export function shownName(name: string | null): string | null {
  const last = name
    ?.split(/[/\\]/)
    .at(-1)
    ?.replace(/[\p{C}]/gu, '')
    .trim()
    .slice(0, 200);
  return last ? last : null;
}
