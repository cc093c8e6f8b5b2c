/** For commands of the operator that work on the database itself, whether a server runs or not. */
import { pino } from 'pino';
import type { LoadedConfig } from '../config/config.ts';
import type { ConnectionTarget } from '../db/connection.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { isInstanceLockFree, startEmbeddedPostgres } from '../db/embedded/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { externalTarget } from '../db/postgres.ts';

const silent = pino({ level: 'silent' });

/** Starts the embedded server for the time of `work` where nobody has, and stops it only if nobody else has come meanwhile. */
export async function withDatabase<Result>(
  { config, secrets }: LoadedConfig,
  work: (db: Database) => Promise<Result>,
  { migrates = true }: { migrates?: boolean } = {},
): Promise<Result> {
  const external = externalTarget(secrets);
  if (external) return onTarget(external, work, migrates);
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, log: silent });
  try {
    return await onTarget(server.connection, work, migrates);
  } finally {
    if (!server.adopted && (await isInstanceLockFree(server.connection))) await server.stop();
    else server.detach();
  }
}

async function onTarget<Result>(
  target: ConnectionTarget,
  work: (db: Database) => Promise<Result>,
  migrates: boolean,
): Promise<Result> {
  if (migrates) await migrate(target, silent);
  await using db = openDatabase(target, {
    maxConnections: 2,
    log: silent,
    applicationName: 'darkroom command line',
  });
  return await work(db);
}
