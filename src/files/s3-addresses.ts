/** Signed addresses, by which clients reach bytes in the bucket themselves for a while. */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { type Bucket, createClient } from './s3-client.ts';
import { inStoreWords } from './s3-errors.ts';
import { type AddressHeaders, checkStoreKey, type FileStore, type StoreKey } from './store.ts';

/** Within it a file has one address, so that browsers find it in their cache. */
const WINDOW_MS = 5 * 60_000;
/** From the beginning of the window. */
const READ_LIFETIME_MS = 15 * 60_000;

/** Only where the configuration says that clients can reach the bucket. */
export function createAddresses(bucket: Bucket): Pick<FileStore, 'addressToRead' | 'addressToWrite'> {
  const { settings, client, objectOf } = bucket;
  const { redirects, publicEndpoint } = settings;
  if (!redirects && publicEndpoint === undefined) return {};
  // A signature holds for one host.
  const signer = publicEndpoint === undefined ? client : createClient(settings, publicEndpoint);
  /** By the bucket's clock, as far as its answers have told us. */
  const now = (): number => Date.now() + client.config.systemClockOffset;

  async function addressToRead(key: StoreKey, headers: AddressHeaders): Promise<string> {
    checkStoreKey(key);
    const command = new GetObjectCommand({
      ...objectOf(key),
      ResponseContentType: headers.contentType,
      ResponseContentDisposition: headers.contentDisposition,
      ResponseCacheControl: headers.cacheControl,
    });
    const signingDate = new Date(Math.floor(now() / WINDOW_MS) * WINDOW_MS);
    return inStoreWords(getSignedUrl(signer, command, { signingDate, expiresIn: READ_LIFETIME_MS / 1000 }));
  }

  async function addressToWrite(key: StoreKey, bytes: number, lifetimeMs: number): Promise<string> {
    checkStoreKey(key);
    const command = new PutObjectCommand({ ...objectOf(key), ContentLength: bytes });
    const options = {
      signingDate: new Date(now()),
      expiresIn: Math.floor(lifetimeMs / 1000),
      // The length is part of what is allowed.
      signableHeaders: new Set(['host', 'content-length']),
    };
    return inStoreWords(getSignedUrl(signer, command, options));
  }

  return redirects ? { addressToRead, addressToWrite } : { addressToWrite };
}
