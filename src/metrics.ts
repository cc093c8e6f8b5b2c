/** Prometheus metrics, with labels of bounded values only: routes, backends, outcomes, never ids. */
import { statfs } from 'node:fs/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BackendRegistry } from './backends/registry.ts';
import type { Database } from './db/database.ts';
import { createSharedMetrics } from './shared-metrics.ts';

export interface Metrics {
  http(method: string, route: string, status: number, seconds: number): void;
  round(backend: string, outcome: string, seconds: number): void;
  /** An attempt to deliver a webhook. */
  webhook(outcome: string): void;
  /** How many event streams are open. */
  streams(open: number): void;
  /** Whether something that this process needs is there. */
  check(name: string, ok: boolean): void;
  /** The text of a scrape. Without the database the process still has something to say. */
  render(): Promise<{ contentType: string; body: string }>;
}

export interface MetricsOptions {
  version: string;
  /** What the process does: serve, api or worker. */
  role: string;
  /** The disk that this is on is told of. */
  dataDir: string;
  /** Sooner than whoever scrapes gives up. */
  databaseTimeoutMs?: number;
}

const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const ROUND_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS']);

const BREAKER_VALUES = { closed: 0, half_open: 0.5, open: 1 } as const;

export function createMetrics(
  db: Database,
  { backends, pools, breakerOf }: Pick<BackendRegistry, 'backends' | 'pools' | 'breakerOf'>,
  { version, role, dataDir, databaseTimeoutMs = 5000 }: MetricsOptions,
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const http = new Histogram({
    name: 'darkroom_http_request_seconds',
    help: 'Time to answer HTTP calls.',
    labelNames: ['method', 'route', 'status'],
    buckets: HTTP_BUCKETS,
    registers,
  });
  const httpErrors = new Counter({
    name: 'darkroom_http_errors_total',
    help: 'Calls that were refused or failed, by their status.',
    labelNames: ['status'],
    registers,
  });
  const rounds = new Histogram({
    name: 'darkroom_round_seconds',
    help: 'Time of calls of a backend.',
    labelNames: ['backend', 'outcome'],
    buckets: ROUND_BUCKETS,
    registers,
  });
  const streams = new Gauge({
    name: 'darkroom_event_streams',
    help: 'Event streams open in this process.',
    registers,
  });
  const attempts = new Counter({
    name: 'darkroom_webhook_attempts_total',
    help: 'Attempts to deliver webhooks.',
    labelNames: ['outcome'],
    registers,
  });
  const checks = new Gauge({
    name: 'darkroom_check',
    help: 'Whether what this process needs is there: 1, or 0.',
    labelNames: ['check'],
    registers,
  });
  const scrapeFailures = new Counter({
    name: 'darkroom_scrape_database_failures_total',
    help: 'Scrapes that could not read the database.',
    registers,
  });
  new Gauge({ name: 'darkroom_info', help: 'Always 1.', labelNames: ['version', 'role'], registers }).set(
    { version, role },
    1,
  );

  new Gauge({
    name: 'darkroom_backend_breaker',
    help: 'Circuit breaker of a backend in this process: 0 closed, 0.5 half open, 1 open.',
    labelNames: ['backend'],
    registers,
    collect() {
      for (const { name } of backends) this.set({ backend: name }, BREAKER_VALUES[breakerOf(name).state()]);
    },
  });
  poolMetrics(db, registers);
  const measureDisk = diskMetrics(dataDir, registers);
  const shared = createSharedMetrics(db, pools);

  return {
    http(method, route, status, seconds) {
      http.observe(
        { method: METHODS.has(method) ? method : 'other', route, status: `${Math.floor(status / 100)}xx` },
        seconds,
      );
      if (status >= 400) httpErrors.inc({ status });
    },
    round: (backend, outcome, seconds) => rounds.observe({ backend, outcome }, seconds),
    webhook: (outcome) => attempts.inc({ outcome }),
    streams: (open) => streams.set(open),
    check: (check, ok) => checks.set({ check }, ok ? 1 : 0),
    async render() {
      await measureDisk();
      // What was true when the database was last there is not told as if it were now.
      const fromDatabase = await within(databaseTimeoutMs, shared.render()).catch(() => {
        scrapeFailures.inc();
        return '';
      });
      return {
        contentType: registry.contentType,
        body: `${await registry.metrics()}${fromDatabase && '\n'}${fromDatabase}`,
      };
    },
  };
}

function poolMetrics(db: Database, registers: Registry[]): void {
  new Gauge({
    name: 'darkroom_database_connections',
    help: 'Connections to PostgreSQL of this process, and how many there may be.',
    labelNames: ['state'],
    registers,
    collect() {
      const { busy, idle, limit } = db.load();
      for (const [state, count] of Object.entries({ busy, idle, limit })) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'darkroom_database_waiting',
    help: 'Statements and transactions that wait for one of them.',
    registers,
    collect() {
      this.set(db.load().waiting);
    },
  });
}

/** @returns what brings them up to date. */
function diskMetrics(dataDir: string, registers: Registry[]): () => Promise<void> {
  const free = new Gauge({
    name: 'darkroom_disk_free_bytes',
    help: 'Space that is left on the disk of the data folder.',
    registers,
  });
  const size = new Gauge({
    name: 'darkroom_disk_bytes',
    help: 'Space of that disk altogether.',
    registers,
  });
  return async () => {
    // There may be no such folder where everything is elsewhere.
    const disk = await statfs(dataDir).catch(() => undefined);
    if (!disk) return;
    free.set(disk.bavail * disk.bsize);
    size.set(disk.blocks * disk.bsize);
  };
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), ms);
  });
  return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}
