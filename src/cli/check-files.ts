/** `darkroom files check`: as after a restore. */
import { openStore } from '../configure-store.ts';
import { checkFiles } from '../files/check-files.ts';
import { StoreUnavailable } from '../files/store.ts';
import { CommandError } from './command-error.ts';
import { loadConfig } from './load-config.ts';
import { withDatabase } from './with-database.ts';

export async function checkStoredFiles(options: { read?: boolean }): Promise<void> {
  const loaded = loadConfig();
  await using store = await openStore(loaded.config, loaded.secrets);
  const onPage = ({ files }: { files: number }): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${files} …`);
  };
  try {
    const { files, bytes, missing, damaged } = await withDatabase(loaded, (db) =>
      checkFiles({ db, store }, { reads: options.read === true, onPage }),
    );
    if (process.stderr.isTTY) process.stderr.write('\n');
    for (const id of missing) process.stderr.write(`✗ ${id} is not in ${store.description}\n`);
    for (const id of damaged) process.stderr.write(`✗ ${id} is damaged in ${store.description}\n`);
    const wrong = missing.length + damaged.length;
    process.stdout.write(
      `${files - wrong} of ${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB, are in ${store.description} as they should be.\n`,
    );
    if (wrong > 0) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new CommandError(error.message, undefined, { cause: error });
  }
}
