/** Runs the tests and closes with one plain line: `N passed, N failed`. Arguments go to vitest. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const reportFile = join(tmpdir(), `darkroom-tests-${process.pid}.json`);
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
}
const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
rmSync(reportFile);
// A file that cannot even be loaded has no test that failed.
const failed = Math.max(report.numFailedTests, status === 0 ? 0 : 1);
console.log(
  `${report.numPassedTests} passed, ${failed} failed${report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : ''}`,
);
process.exitCode = status ?? 1;
