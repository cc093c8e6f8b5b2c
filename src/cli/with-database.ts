/** For commands of the operator that work on the database itself, whether a server runs or not. */
import { pino } from 'pino';
import type { LoadedConfig } from '../config/config.ts';
import { type ConnectionTarget, type Database, openDatabase } from '../db/database.ts';
import { isInstanceLockFree, startEmbeddedPostgres } from '../db/embedded/embedded.ts';
import { migrate } from '../db/migrate.ts';

const silent = pino({ level: 'silent' });

/** Starts the embedded server for the time of `work` where nobody has, and stops it only if nobody else has come meanwhile. */
export async function withDatabase<Result>(
  { config, secrets }: LoadedConfig,
  work: (db: Database) => Promise<Result>,
): Promise<Result> {
  if (secrets.databaseUrl) return onTarget({ connectionString: secrets.databaseUrl }, work);
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, log: silent });
  try {
    return await onTarget(server.connection, work);
  } finally {
    if (!server.adopted && (await isInstanceLockFree(server.connection))) await server.stop();
    else server.detach();
  }
}

async function onTarget<Result>(
  target: ConnectionTarget,
  work: (db: Database) => Promise<Result>,
): Promise<Result> {
  await migrate(target, silent);
  await using db = openDatabase(target, {
    maxConnections: 2,
    log: silent,
    applicationName: 'darkroom command line',
  });
  return await work(db);
}
