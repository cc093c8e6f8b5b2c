import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from './config.ts';
import { openSecretKeys } from './secret-key.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'darkroom-secret-key-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return join(made, 'data');
}

test('a key is made at the first start, for its owner alone, and is the same at the next', async () => {
  const dataDir = await folder();
  // At once, as two processes that share a folder.
  const opened = await Promise.all(Array.from({ length: 8 }, () => openSecretKeys([], dataDir)));
  for (const keys of opened) expect(keys).toEqual(opened[0]);
  expect(opened[0]![0]).toHaveLength(32);
  expect(await openSecretKeys([], dataDir)).toEqual(opened[0]);
  expect(await readdir(dataDir)).toEqual(['secret-key']);
  expect((await stat(join(dataDir, 'secret-key'))).mode & 0o777).toBe(0o600);
});

test('configured keys are used as they are, and nothing is written', async () => {
  const dataDir = await folder();
  const hex = 'ab'.repeat(32);
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const { secrets } = readConfig({ DARKROOM_SECRET_KEY: `${hex}, ${base64}` });
  expect(await openSecretKeys(secrets.secretKeys, dataDir)).toEqual([
    Buffer.alloc(32, 0xab),
    Buffer.alloc(32, 7),
  ]);
  await expect(readdir(dataDir)).rejects.toThrow('ENOENT');
});

test.each(['secret', 'ab'.repeat(31), `${'ab'.repeat(32)}!`, 'ü'.repeat(43)])(
  'a key %j is refused without being shown',
  (key) => {
    expect(() => readConfig({ DARKROOM_SECRET_KEY: key })).toThrow(/DARKROOM_SECRET_KEY must be 32 bytes/);
    expect(() => readConfig({ DARKROOM_SECRET_KEY: key })).not.toThrow(key);
  },
);

test('a damaged file is not replaced: what it encrypted would be lost', async () => {
  const dataDir = await folder();
  await openSecretKeys([], dataDir);
  await writeFile(join(dataDir, 'secret-key'), 'half');
  await expect(openSecretKeys([], dataDir)).rejects.toThrow(/secret-key must be 32 bytes.*Restore it/);
  expect(await readFile(join(dataDir, 'secret-key'), 'utf8')).toBe('half');
});
