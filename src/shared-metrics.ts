/**
 * Metrics that every process tells alike, since they are read from the database when they are asked for. The statements cost the same
 * however much waits: they read the counters of lanes and the first of an index.
 */
import { Gauge, Registry } from 'prom-client';
import { type Database, statement } from './db/database.ts';
import { readOldestExpired } from './files/file-records.ts';
import { readLeases, readQueue } from './requests/overview.ts';
import { readCapacity } from './requests/workers.ts';
import { readBacklog } from './webhooks/backlog.ts';

export interface SharedMetrics {
  /** The text of a scrape. @throws when the database cannot be read. */
  render(): Promise<string>;
}

const endedRequests = statement<{ outcome: string; requests: number }>(
  'metrics_ended',
  `select outcome, count(*) as requests from usage where ended_at > now() - interval '1 hour' group by outcome`,
);

/** @param configured the pools that are told of although nothing has ever waited in them */
export function createSharedMetrics(db: Database, configured: readonly string[]): SharedMetrics {
  const registry = new Registry();
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers: [registry] });

  const states = gauge(
    'darkroom_requests',
    'Requests by state: queued and running now, ended in the last hour.',
    'state',
  );
  const expiredLeases = gauge(
    'darkroom_expired_leases',
    'Running requests whose worker is gone and that no other has taken over yet.',
  );
  const depth = gauge('darkroom_queue_depth', 'Requests that wait, by pool.', 'pool');
  const age = gauge(
    'darkroom_queue_age_seconds',
    'How long the oldest waiting request waits, by pool.',
    'pool',
  );
  const claimableAge = gauge(
    'darkroom_queue_claimable_age_seconds',
    'The same without requests of accounts that have as many running as they may: what more workers would shorten.',
    'pool',
  );
  const workers = gauge('darkroom_workers', 'Live workers, anywhere, that serve the pool.', 'pool');
  const slots = gauge('darkroom_worker_slots', 'Requests that these run at once.', 'pool');
  const webhooksWaiting = gauge(
    'darkroom_webhooks_waiting',
    'Webhook deliveries that are not made yet, up to 100,000.',
  );
  const webhookAge = gauge('darkroom_webhook_age_seconds', 'How long the oldest of them waits.');
  const webhookLag = gauge(
    'darkroom_webhook_lag_seconds',
    'How long the oldest waits of what could be told or delivered now, and nobody does.',
  );
  const expiredFilesAge = gauge(
    'darkroom_expired_files_age_seconds',
    'How long ago the file expired that should have been removed first.',
  );

  async function readRequests(): Promise<void> {
    const pools = await readQueue(db);
    const ended = await db.rows(endedRequests);
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
    expiredLeases.set((await readLeases(db)).expired);

    const capacity = new Map((await readCapacity(db)).map((one) => [one.pool, one]));
    for (const each of [depth, age, claimableAge, workers, slots]) each.reset();
    for (const pool of new Set([...configured, ...pools.map((one) => one.pool), ...capacity.keys()])) {
      const queue = pools.find((one) => one.pool === pool);
      depth.set({ pool }, queue?.queued ?? 0);
      age.set({ pool }, queue?.oldest_seconds ?? 0);
      claimableAge.set({ pool }, queue?.claimable_seconds ?? 0);
      workers.set({ pool }, capacity.get(pool)?.workers ?? 0);
      slots.set({ pool }, capacity.get(pool)?.slots ?? 0);
    }
  }

  async function readRest(): Promise<void> {
    const backlog = await readBacklog(db);
    webhooksWaiting.set(backlog.waiting);
    webhookAge.set(backlog.oldest_seconds ?? 0);
    webhookLag.set(backlog.lag_seconds ?? 0);
    expiredFilesAge.set((await readOldestExpired(db)) ?? 0);
  }

  return {
    // One after the other, on one connection: who asks often should not keep callers waiting for one.
    async render() {
      await readRequests();
      await readRest();
      return registry.metrics();
    },
  };
}
