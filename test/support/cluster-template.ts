/**
 * One new PostgreSQL cluster with the schema for all test files, copied for each: making it takes longer than many a test. What a
 * first start does is shown by test/starting.test.ts and the tests beside src/db/embedded, which make their own.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { temporaryFolder } from './temporary-folder.ts';

const VARIABLE = 'DARKROOM_TEST_CLUSTER';

/** Before all tests: vitest's `globalSetup`. */
export default async function makeTemplate(_project: TestProject): Promise<() => Promise<void>> {
  const folder = await temporaryFolder();
  const log = pino({ level: 'silent' });
  const server = await startEmbeddedPostgres({ dataDir: folder, log });
  await migrate(server.connection, log);
  await server.stop();
  process.env[VARIABLE] = join(folder, 'postgres');
  return () => rm(folder, { recursive: true, force: true });
}

/** Puts a cluster that nobody has used into `dataDir`, where there is nothing yet. */
export async function copyCluster(dataDir: string): Promise<void> {
  const template = process.env[VARIABLE];
  // Outside of vitest the start makes one.
  if (!template) return;
  await mkdir(dataDir, { recursive: true });
  if ((await readdir(dataDir)).length > 0) return;
  await promisify(execFile)('cp', ['-a', template, join(dataDir, 'postgres')]);
}

/** Puts one into a folder that is there, as where a disk of its own is mounted. */
export async function fillWithCluster(clusterDir: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', `${process.env[VARIABLE]}/.`, clusterDir]);
}
