/** /health, /ready and /metrics: for whoever runs the server. */

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { statement } from '../db/database.ts';
import { shared } from '../lib/shared.ts';
import { countLiveWorkers } from '../requests/workers.ts';
import type { ApiContext } from './context.ts';

const ping = statement<{ ok: number }>('ping', 'select 1 as ok');
const CHECK_TIMEOUT_MS = 3000;
const CHECK_SERVES_MS = 200;

const checkSchema = Type.Object({ ok: Type.Boolean(), message: Type.Optional(Type.String()) });
const readySchema = Type.Object({
  ready: Type.Boolean(),
  checks: Type.Object({ database: checkSchema, files: checkSchema, worker: checkSchema }),
  backends: Type.Array(
    Type.Object({
      name: Type.String(),
      breaker: Type.String({
        enum: ['closed', 'half_open', 'open'],
        description: 'Open: it fails, and is left alone for a while.',
      }),
    }),
  ),
});

type Check = { ok: true } | { ok: false; message: string };

export function operationsEndpoints(
  app: FastifyInstance,
  { db, store, metrics, log, backends, runsRequests }: ApiContext,
): void {
  // Anyone may ask, as often as they like: one look at the database and the store serves all who do at the time.
  const checks = shared(
    () =>
      Promise.all([
        check('the database cannot be reached', async () => {
          await db.row(ping);
        }),
        check('files cannot be stored', () => store.check(AbortSignal.timeout(CHECK_TIMEOUT_MS))),
        check('no worker is running', async () => {
          if ((await countLiveWorkers(db)) === 0) throw new Error('no heartbeat within 20 s');
        }),
      ]),
    CHECK_SERVES_MS,
  );
  const rendered = shared(async () => {
    const [database, files, worker] = await checks();
    for (const [name, { ok }] of Object.entries({ database, files, worker })) metrics.check(name, ok);
    return metrics.render();
  }, 0);

  app.get(
    '/health',
    {
      schema: {
        tags: ['Operations'],
        operationId: 'health',
        summary: 'The process answers',
        security: [],
        response: { 200: Type.Object({ status: Type.String({ enum: ['ok'] }) }) },
      },
    },
    async () => ({ status: 'ok' }),
  );

  app.get(
    '/ready',
    {
      schema: {
        tags: ['Operations'],
        operationId: 'ready',
        summary: 'Database and file store are there, and a live worker where this process should be one',
        security: [],
        response: { 200: readySchema, 503: readySchema },
      },
    },
    async (_request, reply) => {
      const [database, files, worker] = await checks();
      // Who only answers clients takes requests in all the same: they wait. Without it, one delay would become an outage.
      const ready = database.ok && files.ok && (worker.ok || !runsRequests);
      if (!ready) reply.code(503).header('retry-after', '2');
      reply.header('cache-control', 'no-store');
      // A backend that is out of order does not make this process unfit: its requests wait or go elsewhere.
      const breakers = backends.backends.map(({ name }) => ({
        name,
        breaker: backends.breakerOf(name).state(),
      }));
      return { ready, checks: { database, files, worker }, backends: breakers };
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        tags: ['Operations'],
        operationId: 'metrics',
        summary: 'Metrics for Prometheus',
        security: [],
        produces: ['text/plain'],
        response: { 200: Type.String() },
      },
      serializerCompiler: () => String,
    },
    async (_request, reply) => {
      const { contentType, body } = await rendered();
      reply.type(contentType);
      return body;
    },
  );

  async function check(message: string, look: () => Promise<void>): Promise<Check> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('took too long')), CHECK_TIMEOUT_MS);
    });
    try {
      await Promise.race([look(), tooLong]);
      return { ok: true };
    } catch (error) {
      log.warn({ err: error }, message);
      return { ok: false, message };
    } finally {
      clearTimeout(timer);
    }
  }
}
