/** Runs the tests and closes with one plain line: `N passed, N failed`. Arguments go to vitest. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 8 * 2 ** 30;
/** Short, since the path of a socket below it has to be. */
const PREFIX = 'dr-';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const secondTries = fileURLToPath(new URL('../test/support/second-tries.ts', import.meta.url));
const folder = temporaryFolder();
const reportFile = join(folder, 'report.json');
// Vitest ends by it, and what it leaves is removed.
process.on('SIGINT', () => {});
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--reporter=${secondTries}`,
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env: { ...process.env, TMPDIR: folder } },
);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
}
const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
// A file that cannot even be loaded has no test that failed.
const failed = Math.max(report.numFailedTests, status === 0 ? 0 : 1);
console.log(
  `${report.numPassedTests} passed, ${failed} failed${report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : ''}`,
);
process.exitCode = status ?? 1;

/**
 * Each test file has a PostgreSQL of its own, whose writes would all wait for one disk. A process that is killed leaves the same behind
 * in memory as on a disk, so the tests show the same there.
 */
function temporaryFolder(): string {
  const folder = makeFolder(hasRoom(MEMORY) ? MEMORY : tmpdir());
  if (runsPrograms(folder)) return folder;
  rmSync(folder, { recursive: true });
  return makeFolder(tmpdir());
}

function makeFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, PREFIX));
  // Some tests run programs as other users.
  chmodSync(folder, 0o1777);
  return folder;
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}

function runsPrograms(folder: string): boolean {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  return spawnSync(program).status === 0;
}
