import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from './embedded-testing.ts';
import { boundLogFile, logSize, openLogFile, readLogSince } from './log-file.ts';

test('a log past its bound starts again, and whoever appends to it goes on', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'postgres.log');
  await using file = await openLogFile(path);
  await file.write('first\n');
  await boundLogFile(path, 6);
  expect(await readFile(path, 'utf8')).toBe('first\n');
  await boundLogFile(path, 5);
  await file.write('second\n');
  expect(await readFile(path, 'utf8')).toBe('second\n');
  expect(await readFile(`${path}.1`, 'utf8')).toBe('first\n');
});

test('what was logged since can be read, also when the log was cut in between', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'postgres.log');
  await using file = await openLogFile(path);
  await file.write('before\n');
  const offset = await logSize(path);
  await file.write('after\n');
  expect(await readLogSince(path, offset)).toBe('after');
  await boundLogFile(path, 0);
  await file.write('new\n');
  expect(await readLogSince(path, offset)).toBe('new');
});
