/** What a bucket, or the way to it, says when it fails, in the store's words. */
import { FileMissing, StoreFull, StoreRefused, StoreUnavailable } from './store.ts';

/** The error of the package: a service's has a status, one of the connection a code, any of them a name. */
interface Failure extends Error {
  code?: unknown;
  $metadata?: { httpStatusCode?: number };
}

const FULL = new Set([
  'InsufficientStorage',
  'QuotaExceeded',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
]);
const NOT_SET_UP: Record<string, string> = {
  NoSuchBucket: 'there is no such bucket',
  PermanentRedirect: 'the bucket is in another region than S3_REGION says',
  AuthorizationHeaderMalformed: 'the bucket is in another region than S3_REGION says',
  InvalidAccessKeyId: 'it does not know the access key',
  SignatureDoesNotMatch: 'the secret of the access key is wrong',
  AccessDenied: 'the access key may not do this',
  RequestTimeTooSkewed: "this machine's clock is wrong",
  CredentialsProviderError: 'no access key for it was found: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY',
};

/** @throws what `work` throws, in the store's words; the signal's reason. */
export async function inStoreWords<Output>(work: Promise<Output>, signal?: AbortSignal): Promise<Output> {
  try {
    return await work;
  } catch (error) {
    signal?.throwIfAborted();
    throw explained(error as Failure);
  }
}

function explained(error: Failure): Error {
  const status = error.$metadata?.httpStatusCode;
  const cause = { cause: error };
  if (error.name === 'NoSuchKey') return new FileMissing('no such file in the bucket', cause);
  if (status === 416) return new RangeError('no such bytes in the file', cause);
  if (status === 507 || FULL.has(error.name)) return new StoreFull('no space left in the bucket', cause);
  const reason = NOT_SET_UP[error.name];
  if (reason) return new StoreRefused(`the bucket cannot be used: ${reason} (${error.name})`, cause);
  if (/^Region is missing/.test(error.message))
    return new StoreRefused('the bucket cannot be used: its region is not known: set S3_REGION', cause);
  if (status === 401 || status === 403)
    return new StoreRefused(`the bucket refuses us (${error.name})`, cause);
  return new StoreUnavailable(`the bucket does not work (${String(error.code ?? error.name)})`, cause);
}
