/** Is a server there, and does it take our statements? */
import pg from 'pg';
import { codeOf } from './embedded-error.ts';

export interface SocketConnection {
  /** The socket's folder; no TCP is listened on. */
  host: string;
  port: number;
  user: string;
  database: string;
  /** Told outright, or `PGSSLMODE` in our environment would decide. */
  ssl: false;
}

/** How to reach the server whose socket is in `socketFolder`. */
export function connectionThrough(socketFolder: string): SocketConnection {
  return { host: socketFolder, port: 5432, user: 'darkroom', database: 'darkroom', ssl: false };
}

/** Connects once. `busy`: it is there but has no connection to spare. */
export async function probe(connection: SocketConnection): Promise<'ready' | 'busy' | 'starting' | 'absent'> {
  try {
    await runOnce(connection, 'select 1');
    return 'ready';
  } catch (error) {
    switch (codeOf(error)) {
      case '3D000':
        await createDatabase(connection);
        return 'ready';
      case '53300':
        return 'busy';
      case '57P01': // it was told to stop while we were connecting
      case '57P03': // starting, stopping or recovering
        return 'starting';
      case 'ENOENT':
      case 'ECONNREFUSED':
      case 'ECONNRESET':
      case 'EPIPE':
        return 'absent';
      case undefined: // closed or timed out before it said anything
        return 'starting';
      default:
        throw error;
    }
  }
}

/** Here and not when the cluster is made: a start killed in between is made good by the next. */
async function createDatabase(connection: SocketConnection): Promise<void> {
  try {
    await runOnce({ ...connection, database: 'postgres' }, `create database ${connection.database}`);
  } catch (error) {
    // 42P04, 23505: another start made it in the same moment.
    if (codeOf(error) !== '42P04' && codeOf(error) !== '23505') throw error;
  }
}

async function runOnce(connection: SocketConnection, statement: string): Promise<void> {
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: 5000,
    application_name: 'darkroom start',
  });
  // A connection that breaks after its answer is none of our business.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => {});
  }
}
