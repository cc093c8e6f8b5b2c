/** Image inputs as they are kept with a request: data becomes a stored file, our own file URLs become paths. */
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import { errors } from '../errors.ts';
import { decodeDataUri } from '../files/data-uri.ts';
import { announceFile, describeFile, storeKeyOf } from '../files/file-records.ts';
import { filePath, ownFilePath } from '../files/file-urls.ts';
import { inspectImage } from '../files/image-input.ts';
import { InputError } from '../files/input-error.ts';
import type { FileStore } from '../files/store.ts';
import { MAX_INPUT_IMAGE_BYTES } from '../requests/gather-inputs.ts';

/**
 * Takes the bytes of `data:` URIs out of `input` and into the store, where the row in the queue stays small.
 * @returns the input to keep, and the files that the request is to own.
 * @throws 422 naming the item whose data is no image that can be used.
 */
export async function takeInputFiles(
  context: { db: Database; store: FileStore },
  accountId: string,
  input: Record<string, unknown>,
  ownBaseUrls: () => readonly string[],
): Promise<{ input: Record<string, unknown>; fileIds: string[] }> {
  const urls = input.image_urls;
  if (!Array.isArray(urls)) return { input, fileIds: [] };
  const fileIds: string[] = [];
  const kept: string[] = [];
  for (const [index, url] of (urls as string[]).entries()) {
    if (isData(url)) {
      const file = await storeData(context, accountId, url, index);
      fileIds.push(file.id);
      kept.push(filePath(file));
    } else kept.push(ownFilePath(url, ownBaseUrls()) ?? url);
  }
  return { input: { ...input, image_urls: kept }, fileIds };
}

async function storeData(
  { db, store }: { db: Database; store: FileStore },
  accountId: string,
  uri: string,
  index: number,
) {
  const { bytes, contentType, width, height } = await readData(uri, index);
  const fileId = await announceFile(db, accountId, 'input');
  const stored = await store.write(storeKeyOf(fileId), bytes);
  // It is kept for good once the request is accepted, which then owns it.
  return await describeFile(db, fileId, { contentType, ...stored, width, height, ordinal: index }, false);
}

/** Looks at the `data:` URIs of `input` and keeps nothing. @throws as `takeInputFiles`. */
export async function checkInputData(input: Record<string, unknown>): Promise<void> {
  const urls = Array.isArray(input.image_urls) ? (input.image_urls as string[]) : [];
  for (const [index, url] of urls.entries()) if (isData(url)) await readData(url, index);
}

const isData = (url: string): boolean => /^data:/i.test(url);

async function readData(uri: string, index: number) {
  try {
    const { bytes } = decodeDataUri(uri, MAX_INPUT_IMAGE_BYTES);
    return { bytes, ...(await inspectImage(bytes)) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw errors.validation([
      { loc: ['body', 'image_urls', String(index)], msg: error.message, type: `input_${error.reason}` },
    ]);
  }
}

/** Removes the bytes of files that no request took: the disk is not to fill with what was refused. Their rows expire. */
export async function dropInputFiles(
  { store, log }: { store: FileStore; log: Logger },
  fileIds: string[],
): Promise<void> {
  for (const id of fileIds) {
    await store
      .remove(storeKeyOf(id))
      .catch((error) => log.warn({ err: error }, 'a file that was not taken will be removed by the sweep'));
  }
}
