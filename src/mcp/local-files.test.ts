import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPath, type LocalFiles, openLocalFiles } from './local-files.ts';

let folder: string;
let allowed: string;
let files: LocalFiles;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-files-'));
  allowed = join(folder, 'pictures');
  await mkdir(join(allowed, 'deep'), { recursive: true });
  await mkdir(join(folder, 'pictures-of-others'));
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  for (const path of ['pictures/cat.png', 'pictures/deep/..dog.png', 'pictures-of-others/fox.png', 'owl.png'])
    await writeFile(join(folder, path), picture);
  await writeFile(join(allowed, 'secret.png'), 'password: hunter2');
  await writeFile(join(allowed, 'huge.png'), picture);
  await truncate(join(allowed, 'huge.png'), 51 * 2 ** 20);
  await symlink(join(folder, 'owl.png'), join(allowed, 'link-out.png'));
  await symlink(join(allowed, 'cat.png'), join(folder, 'link-in.png'));
  await symlink(folder, join(allowed, 'up'));
  execFileSync('mkfifo', [join(allowed, 'pipe.png')]);
  files = await openLocalFiles([allowed]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a picture in an allowed folder is read, however its path is written', async () => {
  for (const path of [
    join(allowed, 'cat.png'),
    `${allowed}/deep/../cat.png`,
    pathToFileURL(join(allowed, 'cat.png')).href,
    join(folder, 'link-in.png'),
  ]) {
    const { name, bytes } = await files.read(path);
    expect(name).toBe('cat.png');
    expect((await sharp(bytes).metadata()).format).toBe('png');
  }
  expect((await files.read(join(allowed, 'deep', '..dog.png'))).name).toBe('..dog.png');
});

test.each([
  ['outside', 'owl.png', /in no folder that may be read/],
  ['in a folder whose name begins alike', 'pictures-of-others/fox.png', /in no folder/],
  ['behind a link that leads out', 'pictures/link-out.png', /in no folder/],
  ['behind a folder that leads out', 'pictures/up/owl.png', /in no folder/],
  ['up and away', 'pictures/../owl.png', /in no folder/],
  ['not there', 'pictures/none.png', /not there/],
  ['no picture', 'pictures/secret.png', /no picture/],
  ['too large', 'pictures/huge.png', /larger than 50 MB/],
  ['a folder', 'pictures/deep', /no file/],
  ['the allowed folder itself', 'pictures', /in no folder/],
  ['a pipe that nobody writes to', 'pictures/pipe.png', /no file/],
])('what is %s is not', async (_, path, says) => {
  await expect(files.read(join(folder, path))).rejects.toThrow(says);
});

test('what is outside is not told from what is not there', async () => {
  const tell = (path: string): Promise<string> =>
    files.read(path).then(
      () => 'read',
      ({ message }) => message.replace(path, ''),
    );
  expect(await tell('/etc/passwd')).toBe(await tell('/etc/no-such-file'));
});

test('relative paths and URLs of other machines are refused', async () => {
  await expect(files.read('cat.png')).rejects.toThrow(/no absolute path/);
  await expect(files.read('~/cat.png')).rejects.toThrow(/no absolute path/);
  await expect(files.read('file://example.com/cat.png')).rejects.toThrow(/no file URL of this machine/);
});

test('a folder that is not there is told at the start', async () => {
  await expect(openLocalFiles([join(folder, 'none')])).rejects.toThrow(/ENOENT/);
});

test('paths are told from URLs', () => {
  for (const path of ['/a.png', './a.png', '../a', '~/a', 'file:///a', 'C:\\a', 'c:/a', '\\\\host\\a'])
    expect(isPath(path), path).toBe(true);
  for (const url of ['https://a/b', 'http://a', 'data:image/png;base64,aaaa', 'a fox', ''])
    expect(isPath(url), url).toBe(false);
});
