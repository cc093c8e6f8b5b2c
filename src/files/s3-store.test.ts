import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openS3Store } from './s3-store.ts';
import { StoreRefused, StoreUnavailable } from './store.ts';

const BUCKET = {
  bucket: 'films',
  prefix: 'darkroom/',
  redirects: true,
  credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
};

afterEach(() => vi.unstubAllEnvs());

/** Where a store's addresses lead, without what signs them. */
async function placeOf(settings: Partial<Parameters<typeof openS3Store>[0]>): Promise<string> {
  await using store = openS3Store({ ...BUCKET, ...settings });
  const url = new URL(await store.addressToWrite!('files/a', 1, 1000));
  return url.origin + url.pathname;
}

test('a bucket on AWS is where its region and name say', async () => {
  expect(await placeOf({ region: 'eu-central-1' })).toBe(
    'https://films.s3.eu-central-1.amazonaws.com/darkroom/files/a',
  );
  expect(await placeOf({ region: 'eu-central-1', forcePathStyle: true })).toBe(
    'https://s3.eu-central-1.amazonaws.com/films/darkroom/files/a',
  );
  vi.stubEnv('AWS_REGION', 'us-west-2');
  expect(await placeOf({})).toBe('https://films.s3.us-west-2.amazonaws.com/darkroom/files/a');
});

test('one elsewhere is at its endpoint, and for clients at the public one', async () => {
  const endpoint = 'https://storage.example.com/s3';
  expect(await placeOf({ endpoint })).toBe(`${endpoint}/films/darkroom/files/a`);
  expect(await placeOf({ endpoint, forcePathStyle: false })).toBe(
    'https://films.storage.example.com/s3/darkroom/files/a',
  );
  expect(await placeOf({ endpoint, redirects: false, publicEndpoint: 'https://cdn.example.com' })).toBe(
    'https://cdn.example.com/films/darkroom/files/a',
  );
});

test('clients are sent nowhere unless the settings say that they get there', async () => {
  const endpoint = 'http://minio:9000';
  const addresses = async (settings: object): Promise<string[]> => {
    await using store = openS3Store({ ...BUCKET, endpoint, redirects: false, ...settings });
    return Object.keys(store).filter((name) => name.startsWith('address'));
  };
  expect(await addresses({})).toEqual([]);
  expect(await addresses({ publicEndpoint: 'https://storage.example.com' })).toEqual(['addressToWrite']);
  expect(await addresses({ redirects: true })).toEqual(['addressToRead', 'addressToWrite']);
});

test('what is missing in the settings is named', async () => {
  for (const name of ['AWS_REGION', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID']) vi.stubEnv(name, undefined);
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  await using placeless = openS3Store(BUCKET);
  await expect(placeless.check()).rejects.toThrow(/its region is not known: set S3_REGION/);
  await using keyless = openS3Store({ ...BUCKET, credentials: undefined, endpoint: 'http://127.0.0.1:9' });
  const failure = await keyless.check().catch((error) => error);
  expect(failure).toBeInstanceOf(StoreRefused);
  expect(failure.message).toMatch(/set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY/);
});

test('a server that is no S3 server does not make files seem to be missing', async () => {
  const server = createServer((_, response) => response.writeHead(404).end('<html>Not Found</html>'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await using store = openS3Store({ ...BUCKET, endpoint: `http://127.0.0.1:${port}` });
  await expect(store.readAll('files/a')).rejects.toThrow(StoreUnavailable);
  await expect(store.write('files/a', Buffer.from('x'))).rejects.toThrow(StoreUnavailable);
});
