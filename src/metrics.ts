/** Prometheus metrics, with labels of bounded values only: routes, backends, outcomes, never ids. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BackendRegistry } from './backends/registry.ts';
import { type Database, statement } from './db/database.ts';

export interface Metrics {
  http(method: string, route: string, status: number, seconds: number): void;
  round(backend: string, outcome: string, seconds: number): void;
  /** The text of a scrape. */
  render(): Promise<{ contentType: string; body: string }>;
}

const queueByPool = statement<{
  pool: string;
  queued: number;
  running: number;
  oldest_seconds: number | null;
}>(
  'metrics_queue',
  `select l.pool, sum(l.queued)::int as queued, sum(l.running)::int as running,
          extract(epoch from now() - min(head.created_at))::float8 as oldest_seconds
     from lanes l
     left join lateral (
       select r.created_at from requests r
        where l.queued > 0 and r.account_id = l.account_id and r.pool = l.pool and r.state = 'queued'
        order by r.place
        limit 1
     ) head on true
    group by l.pool`,
);
const endedRequests = statement<{ outcome: string; requests: number }>(
  'metrics_ended',
  `select outcome, count(*) as requests from usage where ended_at > now() - interval '1 hour' group by outcome`,
);

const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const ROUND_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS']);

const BREAKER_VALUES = { closed: 0, half_open: 0.5, open: 1 } as const;

export function createMetrics(
  db: Database,
  { backends, breakerOf }: Pick<BackendRegistry, 'backends' | 'breakerOf'>,
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
  const rounds = new Histogram({
    name: 'darkroom_round_seconds',
    help: 'Time of calls of a backend.',
    labelNames: ['backend', 'outcome'],
    buckets: ROUND_BUCKETS,
    registers,
  });
  const scrapeFailures = new Counter({
    name: 'darkroom_scrape_database_failures_total',
    help: 'Scrapes that could not read the database.',
    registers,
  });
  const states = new Gauge({
    name: 'darkroom_requests',
    help: 'Requests by state: queued and running now, ended in the last hour.',
    labelNames: ['state'],
    registers,
  });
  const depth = new Gauge({
    name: 'darkroom_queue_depth',
    help: 'Requests that wait, by pool.',
    labelNames: ['pool'],
    registers,
  });
  const age = new Gauge({
    name: 'darkroom_queue_age_seconds',
    help: 'How long the oldest waiting request waits, by pool.',
    labelNames: ['pool'],
    registers,
  });

  new Gauge({
    name: 'darkroom_backend_breaker',
    help: 'Circuit breaker of a backend in this process: 0 closed, 0.5 half open, 1 open.',
    labelNames: ['backend'],
    registers,
    collect() {
      for (const { name } of backends) this.set({ backend: name }, BREAKER_VALUES[breakerOf(name).state()]);
    },
  });

  async function readDatabase(): Promise<void> {
    const [pools, ended] = await Promise.all([db.rows(queueByPool), db.rows(endedRequests)]);
    const sum = (read: (pool: (typeof pools)[number]) => number): number =>
      pools.reduce((total, pool) => total + read(pool), 0);
    states.set(
      { state: 'queued' },
      sum(({ queued }) => queued),
    );
    states.set(
      { state: 'running' },
      sum(({ running }) => running),
    );
    for (const state of ['completed', 'failed', 'cancelled'])
      states.set({ state }, ended.find(({ outcome }) => outcome === state)?.requests ?? 0);
    for (const { pool, queued, oldest_seconds } of pools) {
      depth.set({ pool }, queued);
      age.set({ pool }, oldest_seconds ?? 0);
    }
  }

  return {
    http: (method, route, status, seconds) =>
      http.observe(
        { method: METHODS.has(method) ? method : 'other', route, status: `${Math.floor(status / 100)}xx` },
        seconds,
      ),
    round: (backend, outcome, seconds) => rounds.observe({ backend, outcome }, seconds),
    async render() {
      // Without the database the process still has something to say.
      await readDatabase().catch(() => scrapeFailures.inc());
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
