/** Builds everything once, from the configuration; closes it in the reverse order. */
import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { ensureFirstKey, findOperator } from './accounts/accounts.ts';
import { createAuthenticator } from './accounts/authenticate.ts';
import { createRateLimit } from './accounts/rate-limit.ts';
import { createSharedRateLimit } from './accounts/shared-rate-limit.ts';
import { createSignInLink } from './accounts/sign-in-links.ts';
import { baseUrlOf } from './api/base-url.ts';
import { eventBody } from './api/event-body.ts';
import { createEventStreams, type EventStreams } from './api/event-streams.ts';
import { createProbeServer, createServer } from './api/server.ts';
import type { BackendRegistry } from './backends/registry.ts';
import { RoutingError } from './backends/routing.ts';
import { startBackground } from './background/background.ts';
import { loadModels } from './catalog/bundled.ts';
import type { Config, Secrets } from './config/config.ts';
import { tracingTarget } from './config/tracing.ts';
import { configureBackends } from './configure-backends.ts';
import { expectStore, openBucketStore, openFolderStore } from './configure-store.ts';
import { openDatabase } from './db/database.ts';
import { migrate, requireSchema } from './db/migrate.ts';
import { openNotifications } from './db/notifications.ts';
import { openPostgres } from './db/postgres.ts';
import { configureImagePool } from './files/image-pool.ts';
import { createSafeFetch } from './files/safe-fetch.ts';
import { ownMcpEndpoint } from './mcp/own-endpoint.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createBackendSlots } from './requests/backend-slots.ts';
import { expireAllLeases } from './requests/claim.ts';
import { createFollowing } from './requests/follow.ts';
import { createEndsFollowing } from './requests/follow-ends.ts';
import { persistently } from './requests/persistently.ts';
import { createReadOutcome } from './requests/read-result.ts';
import { createReadStatus } from './requests/read-status.ts';
import type { RunContext } from './requests/run-request.ts';
import { createStatusMemory } from './requests/status-memory.ts';
import { createSubmit } from './requests/submit.ts';
import { createWatcher } from './requests/watch.ts';
import { startWorker } from './requests/worker.ts';
import { openTracing } from './tracing/open-tracing.ts';
import { VERSION } from './version.ts';
import { startDeliveries } from './webhooks/deliver.ts';
import { openWebhooks, type Webhooks } from './webhooks/open-webhooks.ts';
import { expireReceiverLeases } from './webhooks/receivers.ts';

export interface App {
  server: FastifyInstance;
  /** `http://host:port` as it really listens. */
  address: string;
  /** Set at the first start of a database only. */
  firstKey: string | undefined;
  /** In words, for the operator, as is where files are. */
  database: string;
  files: string;
  /** The path of a new link that signs in to the operator's account; undefined when there is no such account. */
  createSignInLink(): Promise<string | undefined>;
  /** Stops taking work, lets what runs finish for a while, gives the rest back, closes everything. */
  close(): Promise<void>;
}

/** What a process does. */
export interface Roles {
  /** Answers clients; without it, HTTP only tells how the process is. */
  api: boolean;
  /** Runs requests, of all backends or of those named, and the background jobs. */
  worker: boolean | { backends: readonly string[] };
  /** Brings the database to this version's schema; without it, it has to be there. */
  migrates: boolean;
}

const roleOf = ({ api, worker }: Roles): string => (api && worker ? 'all' : api ? 'api' : 'worker');

const ALL_IN_ONE: Roles = { api: true, worker: true, migrates: true };

export async function startApp(
  config: Config,
  secrets: Secrets,
  log: Logger,
  roles: Roles = ALL_IN_ONE,
): Promise<App> {
  await using cleanup = new AsyncDisposableStack();
  const catalog = await loadModels(config.modelsDir);
  const safeFetch = createSafeFetch({
    allowInputHosts: config.allowInputHosts,
    timeoutMs: config.inputTimeoutMs,
  });
  const { backends, limits } = await configureBackends(config, secrets, catalog);
  const what = { role: roleOf(roles), version: VERSION };
  const tracing = cleanup.use(await openTracing(tracingTarget(config, secrets), what, log));
  // Before the database: a mistake in its settings is to change nothing.
  const bucket = await openBucketStore(config, secrets);
  if (bucket) await expectStore(cleanup.use(bucket), log);
  const postgres = cleanup.use(await openPostgres(config, secrets, log));
  await (roles.migrates ? migrate(postgres.target, log) : requireSchema(postgres.target));
  const db = cleanup.use(openDatabase(postgres.target, { maxConnections: config.databasePool, log }));
  // Nobody else runs requests on an embedded database: what was running when the last process died can go on at once.
  if (postgres.exclusive) await Promise.all([expireAllLeases(db), expireReceiverLeases(db)]);
  const store = bucket ?? (await openFolderStore(config));
  const notifications = cleanup.use(await openNotifications(db, log));
  const authenticator = cleanup.use(createAuthenticator(db, notifications, config));
  const metrics = createMetrics(db, backends, {
    version: VERSION,
    role: roles.api ? (roles.worker ? 'serve' : 'api') : 'worker',
    dataDir: config.dataDir,
  });
  configureImagePool();
  const watcher = cleanup.use(createWatcher(notifications));
  const streams = createEventStreams(notifications, {
    maxPerAccount: config.maxStreams,
    observe: metrics.streams,
  });
  // Only who is alone with the database knows of every change the moment it is made.
  const statusMemory = cleanup.use(createStatusMemory(notifications, { alone: postgres.exclusive }));
  const readStatus = createReadStatus(db, statusMemory);
  const readOutcome = createReadOutcome(db);
  const following = cleanup.use(createFollowing({ db, notifications, log, readStatus, readOutcome }));
  const webhooks = await openWebhooks(config, secrets, log, { db, readOutcome, render: eventBody });
  const context = {
    config,
    log,
    db,
    database: postgres.description,
    notifications,
    store,
    catalog,
    backends,
    authenticator,
    rateLimit: postgres.exclusive
      ? createRateLimit(config.rateLimit)
      : createSharedRateLimit(db, config.rateLimit),
    submit: createSubmit(db, notifications),
    readStatus,
    readOutcome,
    watcher,
    following,
    ends: cleanup.use(createEndsFollowing(db, notifications, log)),
    streams,
    webhooks,
    tracing,
    metrics,
    runsRequests: roles.worker !== false,
  };
  const server = await (roles.api ? createServer(context) : createProbeServer(context));
  if (roles.api)
    ownMcpEndpoint(server, {
      version: VERSION,
      config: { scope: 'read' },
      origins: config.corsOrigins,
      baseUrlOf: (request) => baseUrlOf(config, request),
      address: () => address,
    });
  cleanup.defer(() => closeServer(server, streams));
  // Before any work is done: a port that is taken should change nothing.
  const address = await server.listen({ port: config.port, host: config.host });
  await postgres.describe(address);
  // It is shown once, so not before this start is sure to get as far as showing it.
  const firstKey = roles.api ? await ensureFirstKey(db, secrets.apiKey) : undefined;
  // Who was refused a moment ago for want of it need not wait.
  if (firstKey) notifications.publish('keys', ['first']);
  const work = roles.worker
    ? await startWork(config, servedPools(roles.worker, backends), {
        db,
        slots: createBackendSlots(db, limits),
        notifications,
        store,
        safeFetch,
        backends,
        catalog,
        log,
        metrics,
        tracing,
        webhooks,
      })
    : undefined;

  const opened = cleanup.move();
  return {
    server,
    address,
    firstKey,
    database: postgres.description,
    files: store.description,
    async createSignInLink() {
      const accountId = await findOperator(db);
      return accountId && (await createSignInLink(db, accountId, config.linkLifetimeMs)).path;
    },
    async close() {
      // Answers that are held back for a change end now; new calls still get their answer while work winds down.
      watcher[Symbol.dispose]();
      await work?.stop();
      // Of how work ended, before the streams are closed.
      await following.caughtUp();
      await opened.disposeAsync();
    },
  };
}

/** Who has not sent a call or read its answer by then is cut off: a client must not keep the process from ending. */
const CLOSING_MS = 5000;

async function closeServer(server: FastifyInstance, streams: EventStreams): Promise<void> {
  // Until now they could tell how running work ended; who comes back from here on finds another process.
  streams[Symbol.dispose]();
  const cutOff = setTimeout(() => server.server.closeAllConnections(), CLOSING_MS);
  await server.close().finally(() => clearTimeout(cutOff));
}

/** @throws when a backend was named that is not configured. */
function servedPools(worker: Exclude<Roles['worker'], false>, { pools }: BackendRegistry): readonly string[] {
  if (worker === true) return pools;
  const unknown = worker.backends.filter((name) => !pools.includes(name));
  if (unknown.length > 0)
    throw new RoutingError(
      `No backend ${unknown.join(', ')} is configured here; there is ${pools.join(', ') || 'none at all'}.`,
    );
  return worker.backends;
}

/** What is under way then is delivered again: a receiver that hangs must not keep the process from ending. */
const DELIVERIES_GRACE_MS = 2000;

interface WorkParts extends Omit<RunContext, 'observeRound' | 'reportProgress'> {
  metrics: Metrics;
  webhooks: Webhooks;
}

/** The side that runs requests: a worker, who tells others of it, and the background jobs. */
async function startWork(
  config: Config,
  pools: readonly string[],
  { metrics, webhooks, ...parts }: WorkParts,
): Promise<{ stop(): Promise<void> }> {
  const worker = await startWorker(
    { ...parts, observeRound: metrics.round },
    {
      pools,
      concurrency: config.concurrency,
      requestTimeoutMs: config.requestTimeoutMs,
      description: `${hostname()} ${process.pid}`,
    },
  );
  const { notifications, log, tracing } = parts;
  const deliveries = startDeliveries({
    ...webhooks,
    notifications,
    log,
    tracing,
    observe: metrics.webhook,
  });
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
      await deliveries.stop(Math.min(config.shutdownGraceMs, DELIVERIES_GRACE_MS));
      await (await background)?.[Symbol.asyncDispose]();
    },
  };
}
