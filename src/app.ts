/** Builds everything once, from the configuration; closes it in the reverse order. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { ensureFirstKey } from './accounts/accounts.ts';
import { createAuthenticator } from './accounts/authenticate.ts';
import { createRateLimit } from './accounts/rate-limit.ts';
import { createServer } from './api/server.ts';
import { startBackground } from './background/background.ts';
import { loadModels } from './catalog/bundled.ts';
import type { Config, Secrets } from './config/config.ts';
import { configureBackends } from './configure-backends.ts';
import { openDatabase } from './db/database.ts';
import { migrate } from './db/migrate.ts';
import { openNotifications } from './db/notifications.ts';
import { openPostgres } from './db/postgres.ts';
import { openDiskStore } from './files/disk-store.ts';
import { configureImagePool } from './files/image-pool.ts';
import { createSafeFetch } from './files/safe-fetch.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createBackendSlots } from './requests/backend-slots.ts';
import { expireAllLeases } from './requests/claim.ts';
import { persistently } from './requests/persistently.ts';
import { createReadStatus } from './requests/read-status.ts';
import type { RunContext } from './requests/run-request.ts';
import { createSubmit } from './requests/submit.ts';
import { createWatcher } from './requests/watch.ts';
import { startWorker } from './requests/worker.ts';

export interface App {
  server: FastifyInstance;
  /** `http://host:port` as it really listens. */
  address: string;
  /** Set at the first start of a database only. */
  firstKey: string | undefined;
  /** In words, for the operator. */
  database: string;
  /** Stops taking work, lets what runs finish for a while, gives the rest back, closes everything. */
  close(): Promise<void>;
}

export interface Roles {
  /** Run requests here, and the background jobs. */
  worker: boolean;
}

export async function startApp(
  config: Config,
  secrets: Secrets,
  log: Logger,
  roles: Roles = { worker: true },
): Promise<App> {
  await using cleanup = new AsyncDisposableStack();
  const catalog = await loadModels(config.modelsDir);
  const safeFetch = createSafeFetch({
    allowInputHosts: config.allowInputHosts,
    timeoutMs: config.inputTimeoutMs,
  });
  const { backends, limits } = await configureBackends(config, secrets, catalog);
  const postgres = cleanup.use(await openPostgres(config, secrets, log));
  await migrate(postgres.target, log);
  const db = cleanup.use(openDatabase(postgres.target, { maxConnections: config.databasePool, log }));
  // Nobody else runs requests on an embedded database: what was running when the last process died can go on at once.
  if (postgres.exclusive) await expireAllLeases(db);
  const store = await openDiskStore(join(config.dataDir, 'files'));
  const notifications = cleanup.use(await openNotifications(db, log));
  const authenticator = cleanup.use(createAuthenticator(db, notifications, config));
  const metrics = createMetrics(db, backends);
  configureImagePool();
  const watcher = cleanup.use(createWatcher(notifications));
  const server = await createServer({
    config,
    log,
    db,
    notifications,
    store,
    catalog,
    backends,
    authenticator,
    rateLimit: createRateLimit(config.rateLimit),
    submit: createSubmit(db, notifications),
    readStatus: createReadStatus(db),
    watcher,
    metrics,
  });
  cleanup.defer(() => closeServer(server));
  // Before any work is done: a port that is taken should change nothing.
  const address = await server.listen({ port: config.port, host: config.host });
  await postgres.describe(address);
  // It is shown once, so not before this start is sure to get as far as showing it.
  const firstKey = await ensureFirstKey(db, secrets.apiKey);
  // Who was refused a moment ago for want of it need not wait.
  if (firstKey) notifications.publish('keys', ['first']);
  const work = roles.worker
    ? await startWork(config, {
        db,
        slots: createBackendSlots(db, limits),
        notifications,
        store,
        safeFetch,
        backends,
        catalog,
        log,
        metrics,
      })
    : undefined;

  const opened = cleanup.move();
  return {
    server,
    address,
    firstKey,
    database: postgres.description,
    async close() {
      // Answers that are held back for a change end now; new calls still get their answer while work winds down.
      watcher[Symbol.dispose]();
      await work?.stop();
      await opened.disposeAsync();
    },
  };
}

/** Who has not sent a call or read its answer by then is cut off: a client must not keep the process from ending. */
const CLOSING_MS = 5000;

async function closeServer(server: FastifyInstance): Promise<void> {
  const cutOff = setTimeout(() => server.server.closeAllConnections(), CLOSING_MS);
  await server.close().finally(() => clearTimeout(cutOff));
}

interface WorkParts extends Omit<RunContext, 'observeRound' | 'reportProgress'> {
  metrics: Metrics;
}

/** The side that runs requests: a worker, and the background jobs. */
async function startWork(
  config: Config,
  { metrics, ...parts }: WorkParts,
): Promise<{ stop(): Promise<void> }> {
  const worker = await startWorker(
    { ...parts, observeRound: metrics.round },
    {
      pools: parts.backends.pools,
      concurrency: config.concurrency,
      requestTimeoutMs: config.requestTimeoutMs,
      description: `${hostname()} ${process.pid}`,
    },
  );
  // Nobody waits for them to be there: they sweep.
  const stopping = new AbortController();
  const background = persistently(
    () => startBackground(parts.db.target, { ...parts, ...config }),
    stopping.signal,
    (error) => {
      parts.log.warn({ err: error }, 'background jobs did not start yet');
      return true;
    },
  ).catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await worker.stop(config.shutdownGraceMs);
      await (await background)?.[Symbol.asyncDispose]();
    },
  };
}
