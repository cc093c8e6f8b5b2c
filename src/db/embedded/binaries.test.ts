import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkBinaries, findBinaries, majorVersion } from './binaries.ts';
import { temporaryFolder } from './embedded-testing.ts';

test('the programs of the npm package are found, with their version', async () => {
  const binaries = await findBinaries();
  expect(majorVersion(binaries)).toBe('18');
});

test('links that no install script made are an error naming DATABASE_URL', async () => {
  await using folder = await temporaryFolder();
  const native = join(folder.path, 'native');
  await mkdir(join(native, 'bin'), { recursive: true });
  await mkdir(join(native, 'lib'));
  for (const name of ['initdb', 'postgres']) {
    await writeFile(join(native, 'bin', name), '');
    await chmod(join(native, 'bin', name), 0o755);
  }
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
  await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  await writeFile(join(native, 'lib', 'libpq.so.5.18'), '');
  const binaries = { folder: native, version: '18.4.0' };
  await expect(checkBinaries(binaries)).rejects.toThrow(
    /libpq\.so\.5 is missing.*install scripts.*DATABASE_URL/,
  );
  await symlink('libpq.so.5.18', join(native, 'lib', 'libpq.so.5'));
  await checkBinaries(binaries);
});

test('missing programs are an error naming DATABASE_URL', async () => {
  await using folder = await temporaryFolder();
  await expect(checkBinaries({ folder: folder.path, version: '18.4.0' })).rejects.toThrow(
    /initdb is missing.*DATABASE_URL/,
  );
});
