/** The connection to a bucket: time limits, retries and what old services need. */
import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import type { StoreKey } from './store.ts';

export interface BucketSettings {
  bucket: string;
  /** What all names in the bucket begin with: empty, or ends in a slash. */
  prefix: string;
  /** Unset: AWS. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** Unset: as the tools of AWS find them. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
  forcePathStyle?: boolean | undefined;
  /** Where clients reach the endpoint. */
  publicEndpoint?: string | undefined;
  /** Whether clients fetch bytes from the bucket itself. */
  redirects: boolean;
  /** How long a call may stand still. */
  idleTimeoutMs?: number;
}

export interface Bucket extends Disposable {
  client: S3Client;
  settings: BucketSettings;
  objectOf(key: StoreKey): { Bucket: string; Key: string };
}

const CONNECT_TIMEOUT_MS = 3000;
/** Without a byte in either direction. Answers to large uploads take some seconds. */
const IDLE_TIMEOUT_MS = 10_000;
/** Each after a longer pause; far apart where the bucket says to slow down. */
const ATTEMPTS = 3;

export function openBucket(settings: BucketSettings): Bucket {
  const { bucket, prefix } = settings;
  const client = createClient(settings, settings.endpoint);
  return {
    client,
    settings,
    objectOf: (key) => ({ Bucket: bucket, Key: prefix + key }),
    [Symbol.dispose]: () => client.destroy(),
  };
}

/** A client for `endpoint`, which knows nothing of others: connections are made when they are needed. */
export function createClient(
  { region, credentials, forcePathStyle, idleTimeoutMs = IDLE_TIMEOUT_MS }: BucketSettings,
  endpoint: string | undefined,
): S3Client {
  const client = new S3Client({
    ...(endpoint !== undefined && { endpoint }),
    // Without an endpoint, AWS's own configuration says it, and the first call fails if it does not.
    ...(region !== undefined ? { region } : endpoint !== undefined && { region: 'us-east-1' }),
    ...(credentials && { credentials }),
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    maxAttempts: ATTEMPTS,
    // The bodies we send are hashed in the signature, which every service checks; newer checksums many do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Costs a new connection each time.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: idleTimeoutMs,
      // With a bound, readers who are slow would keep all others from the bucket.
      httpAgent: { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY },
      httpsAgent: { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY },
    },
  });
  addContentMd5(client);
  return client;
}

/** Deletes of many were only taken with this header once, and still are by services that are not AWS. */
function addContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const request = args.request as { headers: Record<string, string>; body?: string | Uint8Array };
        if (commandName === 'DeleteObjectsCommand' && request.body)
          request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
        return next(args);
      },
    { step: 'build', name: 'addContentMd5' },
  );
}
