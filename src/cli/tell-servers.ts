/** Tells running servers that keys or accounts have changed, so that they look again at once. */
import { type Database, statement } from '../db/database.ts';

// In the form that they listen for; see db/notifications.ts.
const notifyServers = statement<never>(
  'tell_servers',
  `select pg_notify('darkroom', 'cli keys ' || array_to_string($1::text[], ','))`,
);

export async function tellServers(db: Database, ids: string[]): Promise<void> {
  await db.rows(notifyServers, [ids]);
}
