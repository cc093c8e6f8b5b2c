/** `darkroom files copy`: from the data folder to the bucket that is configured, or back. */
import { openBucketStore, openFolderStore } from '../configure-store.ts';
import { type Copied, copyFiles } from '../files/copy-files.ts';
import { StoreUnavailable } from '../files/store.ts';
import { CommandError } from './command-error.ts';
import { loadConfig } from './load-config.ts';
import { withDatabase } from './with-database.ts';

export interface CopyOptions {
  to: 's3' | 'disk';
  verify?: boolean;
}

export async function copyStoredFiles(options: CopyOptions): Promise<void> {
  const loaded = loadConfig();
  await using bucket = await openBucketStore(loaded.config, loaded.secrets);
  if (!bucket)
    throw new CommandError(
      'No bucket is configured: set S3_BUCKET and what belongs to it, for this command at least.',
    );
  const folder = await openFolderStore(loaded.config);
  const [from, to] = options.to === 's3' ? [folder, bucket] : [bucket, folder];
  const onPage = ({ files, kept }: Copied): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${files} copied, ${kept} there already …`);
  };
  try {
    await to.check();
    const copied = await withDatabase(loaded, (db) =>
      copyFiles({ db, from, to }, { verifies: options.verify === true, onPage }),
    );
    if (process.stderr.isTTY) process.stderr.write('\n');
    report(copied, from.description, to.description);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new CommandError(`${error.message}. Run it again: it goes on where it ended.`, undefined, {
      cause: error,
    });
  }
}

function report({ files, bytes, kept, missing, damaged }: Copied, from: string, to: string): void {
  process.stdout.write(
    `Copied ${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB, to ${to}; ${kept} were there already.\n`,
  );
  for (const id of missing) process.stderr.write(`✗ ${id} is not in ${from}\n`);
  for (const id of damaged) process.stderr.write(`✗ ${id} is damaged in ${from}, and was not copied\n`);
  if (missing.length + damaged.length > 0) process.exitCode = 1;
}
