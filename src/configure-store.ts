/** The file store that the configuration names: a bucket, or else a folder in the data folder. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config, Secrets } from './config/config.ts';
import { openDiskStore } from './files/disk-store.ts';
import { type FileStore, StoreRefused } from './files/store.ts';

const CHECK_TIMEOUT_MS = 5000;

export const openStore = async (config: Config, secrets: Secrets): Promise<FileStore> =>
  (await openBucketStore(config, secrets)) ?? (await openFolderStore(config));

export const openFolderStore = (config: Config): Promise<FileStore> =>
  openDiskStore(join(config.dataDir, 'files'));

/** Undefined where none is configured. */
export async function openBucketStore(config: Config, secrets: Secrets): Promise<FileStore | undefined> {
  if (config.s3Bucket === undefined) return undefined;
  // Takes a tenth of a second and 40 MB to load, which only who has a bucket is to wait for.
  const { openS3Store } = await import('./files/s3-store.ts');
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = secrets;
  return openS3Store({
    bucket: config.s3Bucket,
    prefix: config.s3Prefix,
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    forcePathStyle: config.s3ForcePathStyle,
    publicEndpoint: config.s3PublicEndpoint,
    redirects: config.s3Serve === 'redirect',
  });
}

/**
 * For the start of a server: a bucket that refuses us is a mistake to be told at once, one that is away may come back.
 * @throws {StoreRefused}
 */
export async function expectStore(store: FileStore, log: Logger): Promise<void> {
  try {
    await store.check(AbortSignal.timeout(CHECK_TIMEOUT_MS));
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
    log.warn({ err: error }, 'files cannot be stored yet');
  }
}
