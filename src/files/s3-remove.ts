import { DeleteObjectCommand, DeleteObjectsCommand, type S3ServiceException } from '@aws-sdk/client-s3';
import type { Bucket } from './s3-client.ts';
import { inStoreWords } from './s3-errors.ts';
import { checkStoreKey, type StoreKey, StoreUnavailable, type Unremoved } from './store.ts';

/** As many as a call may name. */
const BATCH = 1000;
const SINGLES_AT_ONCE = 8;

/** See `FileStore.removeMany`. */
export async function removeObjects(bucket: Bucket, keys: readonly StoreKey[]): Promise<Unremoved[]> {
  for (const key of keys) checkStoreKey(key);
  const unremoved: Unremoved[] = [];
  for (let at = 0; at < keys.length; at += BATCH)
    unremoved.push(...(await removeBatch(bucket, keys.slice(at, at + BATCH))));
  return unremoved;
}

async function removeBatch(bucket: Bucket, keys: readonly StoreKey[]): Promise<Unremoved[]> {
  const { client, settings } = bucket;
  const Objects = keys.map((key) => ({ Key: bucket.objectOf(key).Key }));
  const command = new DeleteObjectsCommand({ Bucket: settings.bucket, Delete: { Objects, Quiet: true } });
  try {
    const { Errors = [] } = await inStoreWords(client.send(command));
    return Errors.map(({ Key = '', Code, Message }) => ({
      key: Key.slice(settings.prefix.length),
      error: new StoreUnavailable(`the bucket does not remove it (${Code}: ${Message})`),
    }));
  } catch (error) {
    if (isUnknownCall(error)) return removeSingly(bucket, keys);
    return keys.map((key) => ({ key, error }));
  }
}

/** Some services, Google's among them, remove only one at a time. */
function isUnknownCall(error: unknown): boolean {
  const { $metadata } = ((error as Error).cause ?? {}) as Partial<S3ServiceException>;
  return [400, 405, 501].includes($metadata?.httpStatusCode ?? 0);
}

async function removeSingly({ client, objectOf }: Bucket, keys: readonly StoreKey[]): Promise<Unremoved[]> {
  const unremoved: Unremoved[] = [];
  for (let at = 0; at < keys.length; at += SINGLES_AT_ONCE) {
    const some = keys.slice(at, at + SINGLES_AT_ONCE).map(async (key) => {
      const removing = client.send(new DeleteObjectCommand(objectOf(key)));
      await inStoreWords(removing).catch((error) => unremoved.push({ key, error }));
    });
    await Promise.all(some);
  }
  return unremoved;
}
