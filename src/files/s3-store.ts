/** Files in a bucket, on S3 or what speaks its protocol: `<prefix><area>/<name>`. */
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { createAddresses } from './s3-addresses.ts';
import { type BucketSettings, openBucket } from './s3-client.ts';
import { inStoreWords } from './s3-errors.ts';
import { readObject } from './s3-read.ts';
import { removeObjects } from './s3-remove.ts';
import { writeObject } from './s3-write.ts';
import { checkStoreKey, type FileStore, type StoreKey, StoreUnavailable } from './store.ts';

/** Each look costs three calls, which are paid for; a failure of any call makes the next one look again. */
const CHECK_HOLDS_MS = 10_000;

/** A store in the bucket. Nothing is asked of it yet. */
export function openS3Store(settings: BucketSettings): FileStore {
  const bucket = openBucket(settings);
  const { client, objectOf } = bucket;
  let soundUntil = 0;

  /** Every call goes through here: none with a key that is not ours, and each failure is noticed. */
  async function about<Output>(key: StoreKey, work: () => Promise<Output>): Promise<Output> {
    checkStoreKey(key);
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreUnavailable) soundUntil = 0;
      throw error;
    }
  }

  const write: FileStore['write'] = (key, source, options) =>
    about(key, () => writeObject(bucket, key, source, options));

  const read: FileStore['read'] = (key, options) => about(key, () => readObject(bucket, key, options));

  const readAll: FileStore['readAll'] = (key, options) =>
    about(key, async () => buffer(await readObject(bucket, key, options)));

  const remove: FileStore['remove'] = (key) =>
    about(key, async () => {
      await inStoreWords(client.send(new DeleteObjectCommand(objectOf(key))));
    });

  async function size(key: StoreKey): Promise<number | undefined> {
    try {
      const command = new HeadObjectCommand(objectOf(key));
      return await about(key, async () => (await inStoreWords(client.send(command))).ContentLength);
    } catch (error) {
      // An answer to HEAD has no body that could say more.
      if (((error as Error).cause as Error | undefined)?.name === 'NotFound') return undefined;
      throw error;
    }
  }

  async function check(signal?: AbortSignal): Promise<void> {
    if (performance.now() < soundUntil) return;
    const key = `check/${randomUUID()}`;
    const written = Buffer.from(key);
    const options = signal ? { signal } : {};
    await write(key, written, options);
    try {
      if (!written.equals(await readAll(key, options)))
        throw new Error('the bucket gives back other bytes than it was given');
    } catch (error) {
      remove(key).catch(() => {});
      throw error;
    }
    await remove(key);
    soundUntil = performance.now() + CHECK_HOLDS_MS;
  }

  return {
    description: describe(settings),
    write,
    read,
    readAll,
    size,
    remove,
    removeMany: (keys) => removeObjects(bucket, keys),
    check,
    ...createAddresses(bucket),
    async [Symbol.asyncDispose]() {
      bucket[Symbol.dispose]();
    },
  };
}

function describe({ bucket, endpoint, prefix }: BucketSettings): string {
  return `bucket ${bucket} ${endpoint ? `at ${endpoint}` : 'on AWS'}${prefix ? `, below ${prefix}` : ''}`;
}
