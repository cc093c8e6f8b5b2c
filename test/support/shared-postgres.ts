/** A PostgreSQL of the test's own, for servers that share one or come and go on it. */
import { rm } from 'node:fs/promises';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { copyCluster } from './cluster-template.ts';
import { type Peek, peekThrough } from './database.ts';
import { temporaryFolder } from './server.ts';
import { silent } from './test-database.ts';

export interface SharedPostgres extends AsyncDisposable {
  /** For the files of all servers. */
  dataDir: string;
  databaseUrl: string;
  peek: Peek;
}

/** With an empty database, as an operator gives it. Removes its folder when disposed. */
export async function startSharedPostgres(): Promise<SharedPostgres> {
  const dataDir = await temporaryFolder();
  await copyCluster(dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir, log: silent });
  const { host, port } = postgres.connection;
  const peek = peekThrough(postgres.connection);
  await peek.script('drop schema public cascade; create schema public');
  return {
    dataDir,
    databaseUrl: `postgresql://darkroom@/darkroom?host=${host}&port=${port}`,
    peek,
    async [Symbol.asyncDispose]() {
      await peek[Symbol.asyncDispose]();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
