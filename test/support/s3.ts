/** A bucket on a real S3 server of the test's own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { type BucketSettings, createClient } from '../../src/files/s3-client.ts';
import { missingPackage } from './debian-package.ts';
import { temporaryFolder } from './server.ts';

export interface TestS3 extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export interface TestBucket {
  settings: BucketSettings;
  /** For a server that keeps its files in it. */
  env: Record<string, string>;
  /** Names of all that is in it. */
  keys(): Promise<string[]>;
  /** Names of what is sent in parts, and neither ended nor given up; not every server tells. */
  unfinished(): Promise<string[]>;
}

const S3RVER = fileURLToPath(import.meta.resolve('s3rver/bin/s3rver.js'));
const SWIFT = fileURLToPath(new URL('./swift-s3.py', import.meta.url));
/** Where Debian's packages are, whatever other Python is in the path. */
const PYTHON = '/usr/bin/python3';

/** It keeps to what most use, and believes every signature. */
export const startS3 = (): Promise<TestS3> =>
  startServer(
    (directory) => [process.execPath, S3RVER, '--directory', directory, '--port', '0', '--silent'],
    { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  );

/** Another one, written by others in another language, which checks signatures and hashes. */
export const startSwift = (): Promise<TestS3> =>
  startServer((directory) => [PYTHON, SWIFT, directory], {
    accessKeyId: 'test:tester',
    secretAccessKey: 'testing',
  });

export const missingSwift = (): Promise<string | undefined> =>
  missingPackage(
    'python3-swift',
    () => spawnSync(PYTHON, ['-c', 'import swift.common.middleware.s3api']).status === 0,
  );

/** A process of its own: it has its own clock. */
async function startServer(
  commandFor: (directory: string) => string[],
  credentials: TestS3['credentials'],
): Promise<TestS3> {
  const directory = await temporaryFolder();
  const [program, ...parameters] = commandFor(directory);
  const child = spawn(program!, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const orphaned = (): unknown => child.kill('SIGKILL');
  process.once('exit', orphaned);
  let output = '';
  const port = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const listening = /listening on [\w.:]+:(\d+)/.exec(output);
        if (listening) resolve(listening[1]!);
      });
    void exited.then(() => reject(new Error(`the S3 server did not start:\n${output}`)));
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials,
    async [Symbol.asyncDispose]() {
      process.off('exit', orphaned);
      child.kill('SIGKILL');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

let made = 0;

/** An empty bucket. `endpoint`: by way of something between. */
export async function makeBucket(s3: TestS3, endpoint = s3.endpoint): Promise<TestBucket> {
  const settings: BucketSettings = {
    bucket: `test-${process.pid}-${++made}`,
    prefix: 'darkroom/',
    endpoint,
    credentials: s3.credentials,
    redirects: false,
  };
  const client = createClient(settings, s3.endpoint);
  await client.send(new CreateBucketCommand({ Bucket: settings.bucket }));
  return {
    settings,
    env: {
      S3_BUCKET: settings.bucket,
      S3_PREFIX: settings.prefix,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
    async keys() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: settings.bucket }));
      return Contents.map(({ Key }) => Key!);
    },
    async unfinished() {
      const { Uploads = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: settings.bucket }),
      );
      return Uploads.map(({ Key }) => Key!);
    },
  };
}
