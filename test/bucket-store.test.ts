/** Files in a bucket: like on a disk, and through whatever the bucket and the way to it do. */
import { afterAll, beforeAll } from 'vitest';
import { openS3Store } from '../src/files/s3-store.ts';
import { testStore } from '../src/files/store-testing.ts';
import { makeBucket, startS3, type TestS3 } from './support/s3.ts';

let s3: TestS3;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3[Symbol.asyncDispose]());

testStore(async () => {
  const bucket = await makeBucket(s3);
  return { store: openS3Store(bucket.settings), names: bucket.keys };
});
