/** A PostgreSQL with the schema and nothing else, for what needs no server in front of it. */
import { rm } from 'node:fs/promises';
import { pino } from 'pino';
import { createAccount, type NewAccount } from '../../src/accounts/accounts.ts';
import type { Identity } from '../../src/accounts/authenticate.ts';
import { createKey } from '../../src/accounts/keys.ts';
import type { ConnectionTarget } from '../../src/db/connection.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { copyCluster } from './cluster-template.ts';
import { type Peek, peekThrough } from './database.ts';
import { temporaryFolder } from './server.ts';

export const silent = pino({ level: 'silent' });

export interface TestDatabase extends AsyncDisposable {
  db: Database;
  target: ConnectionTarget;
  /** On connections of its own. */
  peek: Peek;
}

export async function startTestDatabase(maxConnections = 10): Promise<TestDatabase> {
  const dataDir = await temporaryFolder();
  await copyCluster(dataDir);
  const server = await startEmbeddedPostgres({ dataDir, log: silent });
  const target = server.connection;
  await migrate(target, silent);
  const db = openDatabase(target, { maxConnections, log: silent });
  const peek = peekThrough(target);
  return {
    db,
    target,
    peek,
    async [Symbol.asyncDispose]() {
      await peek[Symbol.asyncDispose]();
      await db.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A caller with an account of its own. */
export async function addIdentity(
  db: Database,
  account: Partial<NewAccount> & { keyBudget?: number } = {},
): Promise<Identity> {
  const accountId = await createAccount(db, { name: 'a test', ...account });
  const { row } = await createKey(db, {
    accountId,
    name: 'a key',
    scopes: ['admin'],
    monthlyBudget: account.keyBudget ?? null,
  });
  return {
    keyId: row.id,
    accountId,
    operator: false,
    scopes: ['admin'],
    requestsPerMinute: null,
    keyBudget: account.keyBudget ?? null,
    accountBudget: account.monthlyBudget ?? null,
    maxRunning: account.maxRunning ?? 8,
    maxQueued: account.maxQueued ?? 100_000,
  };
}
