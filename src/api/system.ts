/** GET /v1/system: the whole of it, for whoever runs it. */
import type { FastifyInstance } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { totalOfAccounts } from '../accounts/accounts.ts';
import { toUsd } from '../lib/money.ts';
import { shared } from '../lib/shared.ts';
import { listLiveWorkers, readLeases, readQueue } from '../requests/overview.ts';
import { VERSION } from '../version.ts';
import { createBackendHealth } from './backend-health.ts';
import type { ApiContext } from './context.ts';
import { writeMoment } from './moment.ts';

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const time = Type.String({ format: 'date-time' });
const count = Type.Integer();
const depth = {
  queued: count,
  running: count,
  oldest_seconds: nullable(Type.Number({ description: 'How long the oldest waiting request waits.' })),
};

const systemSchema = Type.Object(
  {
    version: Type.String(),
    started_at: { ...time, description: 'Of the process that answers.' },
    uptime_seconds: Type.Number(),
    database: Type.String({ description: 'In words.' }),
    queue: Type.Object({
      ...depth,
      pools: Type.Array(
        Type.Object({
          pool: Type.String(),
          ...depth,
          served: Type.Boolean({ description: 'Whether a live worker takes its requests.' }),
        }),
      ),
    }),
    workers: Type.Array(
      Type.Object({
        id: Type.String({ format: 'uuid' }),
        description: Type.String(),
        pools: Type.Array(Type.String()),
        concurrency: count,
        started_at: time,
        heartbeat_at: time,
      }),
      { description: 'Those that live.' },
    ),
    leases: Type.Object(
      { held: count, expired: count },
      { description: 'Running requests; expired: their worker is gone, another takes them over.' },
    ),
    backends: Type.Array(
      Type.Object({
        name: Type.String(),
        breaker: Type.String({
          enum: ['closed', 'half_open', 'open'],
          description: 'In the process that answers. Open: it fails, and is left alone for a while.',
        }),
        retry_in_seconds: Type.Number({ description: 'Until an open one is tried again.' }),
        reachable: nullable(Type.Boolean({ description: 'Null: not known yet.' })),
        message: Type.String(),
        checked_at: nullable(time),
        models: Type.Array(Type.String(), { description: 'Those it is a candidate for.' }),
      }),
    ),
    accounts: Type.Object({ total: count }),
    spent_this_month_usd: Type.Number({ description: 'By all accounts, with what is reserved.' }),
  },
  { title: 'System' },
);

/** However many pages look, the database is asked this often. */
const SERVES_MS = 1000;

export function systemEndpoint(
  app: FastifyInstance,
  { db, backends, catalog, log, database }: ApiContext,
): void {
  const startedAt = new Date();
  const health = createBackendHealth(backends.backends, log);
  const models = new Map(
    backends.backends.map(({ name }) => [
      name,
      catalog.models
        .filter((model) => backends.candidates(model).some(({ backend }) => backend.name === name))
        .map(({ id }) => id),
    ]),
  );
  const look = shared(
    () => Promise.all([readQueue(db), readLeases(db), listLiveWorkers(db), totalOfAccounts(db)]),
    SERVES_MS,
  );

  app.get(
    '/v1/system',
    {
      config: { scope: 'admin', operator: true },
      schema: {
        tags: ['System'],
        operationId: 'getSystem',
        summary: 'Queue, workers, backends and totals',
        response: { 200: systemSchema },
      },
    },
    async (_request, reply) => {
      const [[pools, leases, workers, totals], known] = await Promise.all([look(), health()]);
      reply.header('cache-control', 'no-store');
      return {
        version: VERSION,
        started_at: writeMoment(startedAt),
        uptime_seconds: Math.floor((Date.now() - startedAt.getTime()) / 1000),
        database,
        queue: {
          ...totalOf(pools),
          pools: pools.map(({ claimable_seconds: _, ...one }) => ({
            ...one,
            served: workers.some((worker) => worker.pools.includes(one.pool)),
          })),
        },
        workers,
        leases,
        backends: backends.backends.map(({ name }) => ({
          name,
          breaker: backends.breakerOf(name).state(),
          retry_in_seconds: Math.ceil(backends.breakerOf(name).retryInMs() / 1000),
          ...known.get(name),
          models: models.get(name),
        })),
        accounts: { total: totals.accounts },
        spent_this_month_usd: toUsd(totals.spent),
      };
    },
  );
}

type Depth = Awaited<ReturnType<typeof readQueue>>[number];

function totalOf(pools: Depth[]): Omit<Depth, 'pool' | 'claimable_seconds'> {
  const oldest = pools.flatMap(({ oldest_seconds }) => oldest_seconds ?? []);
  return {
    queued: pools.reduce((sum, { queued }) => sum + queued, 0),
    running: pools.reduce((sum, { running }) => sum + running, 0),
    oldest_seconds: oldest.length > 0 ? Math.max(...oldest) : null,
  };
}
