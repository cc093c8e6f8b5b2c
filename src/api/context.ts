/** What the endpoints work with. */
import type { Logger } from 'pino';
import type { Authenticator, Identity } from '../accounts/authenticate.ts';
import type { RateLimit } from '../accounts/rate-limit.ts';
import type { Scope } from '../accounts/scopes.ts';
import type { BackendRegistry } from '../backends/registry.ts';
import type { Catalog } from '../catalog/model.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import type { FileStore } from '../files/store.ts';
import type { Metrics } from '../metrics.ts';
import type { Following } from '../requests/follow.ts';
import type { EndsFollowing } from '../requests/follow-ends.ts';
import type { ReadOutcome } from '../requests/read-result.ts';
import type { ReadStatus } from '../requests/read-status.ts';
import type { Submit } from '../requests/submit.ts';
import type { Watcher } from '../requests/watch.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { Webhooks } from '../webhooks/open-webhooks.ts';
import type { EventStreams } from './event-streams.ts';

export interface ApiContext {
  config: Config;
  log: Logger;
  db: Database;
  /** Where the database is, in words, for the operator. */
  database: string;
  notifications: Notifications;
  store: FileStore;
  catalog: Catalog;
  backends: BackendRegistry;
  authenticator: Authenticator;
  rateLimit: RateLimit;
  submit: Submit;
  readStatus: ReadStatus;
  readOutcome: ReadOutcome;
  watcher: Watcher;
  following: Following;
  ends: EndsFollowing;
  streams: EventStreams;
  webhooks: Webhooks;
  tracing: Tracing;
  metrics: Metrics;
  /** Whether this process is a worker as well. */
  runsRequests: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must be allowed to do; without it the endpoint is public. */
    scope?: Scope;
    /** Whether only the operator's account may call it. */
    operator?: boolean;
  }
  interface FastifyRequest {
    /** Whose call it is; set before the handler of every endpoint with a scope. */
    identity: Identity;
  }
}
