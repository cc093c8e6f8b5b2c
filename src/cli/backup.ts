/** `darkroom backup`: a data folder that another can be started on, made while the server runs. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { copyRunningCluster } from '../db/embedded/copy-cluster.ts';
import type { SocketConnection } from '../db/embedded/probe.ts';
import { copyFileDurably, copyFolder } from '../lib/copy-folder.ts';
import { CommandError } from './command-error.ts';
import { loadConfig } from './load-config.ts';
import { withDatabase } from './with-database.ts';

export function backupCommand(command: Command): void {
  command
    .argument('<folder>', 'a new or empty one, which becomes a data folder')
    .option('--no-files', 'the database alone')
    .action(async (folder: string, options: { files: boolean }) => {
      const loaded = loadConfig();
      const { dataDir, s3Bucket } = loaded.config;
      if (loaded.secrets.databaseUrl)
        throw new CommandError(
          'This is for the embedded PostgreSQL. Back your own up with its own tools: docs/backup.md says how.',
        );
      const to = resolve(folder);
      await expectEmpty(to);
      // The database first: whatever it names is then among the files. As it is: the backup before an upgrade is for the version before.
      const database = await withDatabase(
        loaded,
        (db) => copyRunningCluster(db.target as SocketConnection, join(to, 'postgres')),
        { migrates: false },
      );
      const files =
        options.files && s3Bucket === undefined
          ? await copyFolder(join(dataDir, 'files'), join(to, 'files'), (entry) => entry.name !== 'temporary')
          : 0;
      await copyIfThere(join(dataDir, 'secret-key'), join(to, 'secret-key'));
      const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
      process.stdout.write(
        `Backed up to ${to}: database ${mebibytes(database)}, files ${mebibytes(files)}.\n`,
      );
    });
}

async function expectEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0)
    throw new CommandError(`${folder} is not empty. Name a folder that is, or one that is not there yet.`);
}

async function copyIfThere(from: string, to: string): Promise<void> {
  if (await stat(from).catch(() => undefined)) await copyFileDurably(from, to);
}
