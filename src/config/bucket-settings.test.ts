import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const BUCKET = {
  S3_BUCKET: 'films',
  S3_ENDPOINT: 'https://storage.example.com:9000/',
  S3_ACCESS_KEY_ID: 'AKIA_EXAMPLE',
  S3_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
};

test('a bucket is read with its secrets apart, and shown without them', () => {
  const { config, secrets, report } = readConfig({
    ...BUCKET,
    S3_PREFIX: '/darkroom/files',
    S3_SERVE: 'redirect',
  });
  expect(config).toMatchObject({
    s3Bucket: 'films',
    s3Endpoint: 'https://storage.example.com:9000',
    s3Prefix: 'darkroom/files/',
    s3Serve: 'redirect',
    s3ForcePathStyle: undefined,
  });
  expect(secrets).toMatchObject({ s3AccessKeyId: 'AKIA_EXAMPLE', s3SecretAccessKey: 'wJalrXUtnFEMI' });
  expect(JSON.stringify([config, report])).not.toMatch(/AKIA_EXAMPLE|wJalr/);
});

test('everything that is wrong with it is said at once, by name and without a secret', () => {
  const wrong = {
    S3_BUCKET: 's3://films',
    S3_ENDPOINT: 'storage.example.com',
    S3_PREFIX: '../other',
    S3_SERVE: 'cdn',
    S3_FORCE_PATH_STYLE: 'maybe',
    S3_PUBLIC_ENDPOINT: 'https://films.example.com/?key=1',
    S3_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
  };
  const problems = [
    /S3_BUCKET must be the name of a bucket alone/,
    /S3_ENDPOINT must be a URL that starts with http:/,
    /S3_PREFIX must be folders/,
    /S3_SERVE must be one of proxy, redirect/,
    /S3_FORCE_PATH_STYLE must be true or false/,
    /S3_PUBLIC_ENDPOINT must be an address alone/,
    /S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY must be set together/,
  ];
  for (const problem of problems) expect(() => readConfig(wrong)).toThrow(problem);
  expect(() => readConfig(wrong)).not.toThrow(/wJalr/);
});

test('what belongs to a bucket that is not named does not quietly put files on the disk', () => {
  const { S3_BUCKET: _, ...rest } = BUCKET;
  expect(() => readConfig(rest)).toThrow('S3_BUCKET must be set with S3_ENDPOINT, S3_ACCESS_KEY_ID');
});

test.each(['', 'a', 'a/b', 'a_b/c.d-e'])('the prefix %j is taken, and ends where a folder does', (prefix) => {
  expect(readConfig({ S3_PREFIX: prefix }).config.s3Prefix).toBe(prefix === '' ? '' : `${prefix}/`);
});

test.each(['a//b', 'a/../b', '.', 'a/.', 'a b', 'ä'])('the prefix %j is refused', (prefix) => {
  expect(() => readConfig({ S3_PREFIX: prefix })).toThrow('S3_PREFIX must be folders');
});
