/** `darkroom requests abandon`: after a restore, before workers start. */
import { pino } from 'pino';
import type { LoadedConfig } from '../config/config.ts';
import type { Database } from '../db/database.ts';
import { isInstanceLockFree } from '../db/embedded/embedded.ts';
import type { SocketConnection } from '../db/embedded/probe.ts';
import { openNotifications } from '../db/notifications.ts';
import { abandonUnfinished } from '../requests/abandon.ts';
import { countLiveWorkers } from '../requests/workers.ts';
import { NO_TRACING } from '../tracing/tracing.ts';
import { CommandError } from './command-error.ts';
import { loadConfig } from './load-config.ts';
import { withDatabase } from './with-database.ts';

export async function abandonRequests(): Promise<void> {
  const log = pino({ level: 'silent' });
  const loaded = loadConfig();
  const ended = await withDatabase(loaded, async (db) => {
    await expectNoWorkers(db, loaded);
    await using notifications = await openNotifications(db, log);
    return abandonUnfinished({ db, notifications, log, tracing: NO_TRACING });
  });
  process.stdout.write(`Ended ${ended} requests that waited or ran when the backup was made.\n`);
}

async function expectNoWorkers(db: Database, { secrets }: LoadedConfig): Promise<void> {
  // A backup tells of workers that lived when it was made; of an embedded database it is known who uses it now.
  if (!secrets.databaseUrl) {
    if (await isInstanceLockFree(db.target as SocketConnection)) return;
    throw new CommandError('A Darkroom runs on this data folder. Stop it first.');
  }
  const workers = await countLiveWorkers(db);
  if (workers > 0)
    throw new CommandError(
      `${workers} live workers run requests of this database. Stop them first; 20 s after the last sign of one it counts as gone.`,
    );
}
