/** The PostgreSQL to use: the operator's, or one of our own in the data folder, which then belongs to one process. */
import pg from 'pg';
import type { Logger } from 'pino';
import type { Config, Secrets } from '../config/config.ts';
import type { ConnectionTarget } from './connection.ts';
import { acquireInstanceLock, startEmbeddedPostgres } from './embedded/embedded.ts';

export interface Postgres extends AsyncDisposable {
  target: ConnectionTarget;
  /** Where it is, in words, without secrets. */
  description: string;
  /** No other process of ours can be using it. */
  exclusive: boolean;
  /** Tells whoever finds the data folder in use where this process listens. */
  describe(address: string): Promise<void>;
}

/** The operator's PostgreSQL, if there is one. */
export const externalTarget = ({ databaseUrl, databaseSessionUrl }: Secrets): ConnectionTarget | undefined =>
  databaseUrl === undefined
    ? undefined
    : {
        connectionString: databaseUrl,
        ...(databaseSessionUrl && { sessionConnectionString: databaseSessionUrl }),
      };

export async function openPostgres(config: Config, secrets: Secrets, log: Logger): Promise<Postgres> {
  if (secrets.databaseUrl) {
    // As the driver reads it: the host may stand among the parameters.
    const { host } = new pg.Client({ connectionString: secrets.databaseUrl });
    return {
      target: externalTarget(secrets)!,
      description: `PostgreSQL at ${host}`,
      exclusive: false,
      describe: async () => {},
      async [Symbol.asyncDispose]() {},
    };
  }
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  try {
    const lock = await acquireInstanceLock(server.connection, 'starting', log);
    return {
      target: server.connection,
      description: `embedded PostgreSQL in ${config.dataDir}`,
      exclusive: true,
      describe: (address) => lock.describe(address),
      async [Symbol.asyncDispose]() {
        await lock.release();
        await server.stop();
      },
    };
  } catch (error) {
    // It is the other process's server.
    server.detach();
    throw error;
  }
}
