/**
 * What a good engineer would write in a day instead of Darkroom: Fastify, BullMQ and Redis, the same four routes. Acknowledged means
 * in Redis's log, which is synced before it answers (`appendfsync always`).
 * Left out beside Darkroom: budgets, limits, idempotency, fairness between accounts, uploads, history, webhooks, event streams,
 * metrics. All of that is to its advantage here.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Job, Queue } from 'bullmq';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Redis } from 'ioredis';
import { type Generation, type Made, QUEUE } from './queue.ts';
import { resultSchema, statusSchema, submittedSchema } from './schemas.ts';

export interface RivalOptions {
  redis: Redis;
  /** The one key there is, and whose it is. */
  key: string;
  accountId: string;
  models: Map<string, object>;
}

type GenerationJob = Job<Generation, Made>;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
interface WithId {
  Params: { id: string };
}

export function createRival({ redis, key, accountId, models }: RivalOptions): FastifyInstance {
  const queue = new Queue<Generation, Made>(QUEUE, {
    connection: redis,
    defaultJobOptions: {
      attempts: 3,
      backoff: { type: 'exponential', delay: 1000 },
      // Results are asked for afterwards.
      removeOnComplete: false,
      removeOnFail: false,
    },
  });
  const server = Fastify({ bodyLimit: 64 * 2 ** 20, ajv: { customOptions: { coerceTypes: false } } });
  const known = digest(key);

  server.addHook('onRequest', async (request, reply) => {
    const given = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (!timingSafeEqual(digest(given), known)) return reply.code(401).send({ message: 'Unknown key.' });
  });

  for (const [modelId, schema] of models)
    server.post<{ Body: Generation['input'] }>(
      `/v1/models/${modelId}`,
      { schema: { body: schema, response: { 200: submittedSchema } } },
      async (request) => {
        const id = crypto.randomUUID();
        await queue.add('generate', { accountId, modelId, input: request.body }, { jobId: id });
        return { request_id: id, ...urlsOf(`${request.protocol}://${request.host}`, id) };
      },
    );

  /** Of another account is "no such". */
  async function find(id: string, reply: FastifyReply): Promise<GenerationJob | undefined> {
    const job = await queue.getJob(id);
    if (job?.data.accountId === accountId) return job;
    reply.code(404);
    return undefined;
  }

  /** BullMQ adds on the left and takes from the right; both answers come in one trip. */
  async function positionOf(id: string): Promise<number> {
    const wait = queue.toKey('wait');
    const [index, length] = await Promise.all([redis.lpos(wait, id, 'RANK', -1), redis.llen(wait)]);
    return index === null ? 0 : length - 1 - index;
  }

  server.get<WithId>(
    '/v1/requests/:id/status',
    { schema: { response: { 200: statusSchema } } },
    async (request, reply) => {
      const { id } = request.params;
      const urls = urlsOf(`${request.protocol}://${request.host}`, id);
      const job = await find(id, reply);
      if (job)
        return {
          request_id: id,
          status: stateOf(job),
          ...(stateOf(job) === 'in_queue' && { queue_position: await positionOf(id) }),
          ...urls,
          ...timesOf(job),
          ...errorOf(job),
        };
      if (!(await redis.exists(cancelledKey(id)))) return { message: 'There is no such request.' };
      reply.code(200);
      return { request_id: id, status: 'cancelled', ...urls };
    },
  );

  server.get<WithId>(
    '/v1/requests/:id/result',
    { schema: { response: { 200: resultSchema } } },
    async (request, reply) => {
      const job = await find(request.params.id, reply);
      if (!job) return { message: 'There is no such request.' };
      const status = job.failedReason && job.finishedOn ? 'failed' : stateOf(job);
      const origin = `${request.protocol}://${request.host}`;
      // A web server in front sends them from the disk.
      const images = job.returnvalue?.files.map(({ name }) => `${origin}/files/${name}`);
      return {
        request_id: job.id,
        status,
        ...timesOf(job),
        ...errorOf(job),
        ...(images && { output: { images } }),
      };
    },
  );

  server.post<WithId>('/v1/requests/:id/cancel', async (request, reply) => {
    const { id } = request.params;
    const job = await find(id, reply);
    if (!job) return { message: 'There is no such request.' };
    reply.code(202);
    try {
      // Refused for a job that a worker holds; one that was tried before waits again, and is not taken back.
      if (job.processedOn) throw new Error('it has started');
      await job.remove();
    } catch {
      return { request_id: id, status: stateOf(job), outcome: 'not_cancellable' };
    }
    await redis.set(cancelledKey(id), '1');
    return { request_id: id, status: 'cancelled', outcome: 'cancelled' };
  });

  server.addHook('onClose', () => queue.close());
  return server;
}

const cancelledKey = (id: string): string => `cancelled:${id}`;

/** By what the job's hash says: `getState` would be a second call. */
function stateOf(job: GenerationJob): string {
  if (job.finishedOn) return 'completed';
  return job.processedOn ? 'in_progress' : 'in_queue';
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

const timesOf = (job: GenerationJob) => ({
  created_at: isoTime(job.timestamp),
  ...(job.processedOn && { started_at: isoTime(job.processedOn) }),
  ...(job.finishedOn && { completed_at: isoTime(job.finishedOn) }),
});

const errorOf = (job: GenerationJob) =>
  job.finishedOn && job.failedReason && { error: { code: 'failed', message: job.failedReason } };

function urlsOf(origin: string, id: string) {
  const url = `${origin}/v1/requests/${id}`;
  return { status_url: `${url}/status`, result_url: `${url}/result`, cancel_url: `${url}/cancel` };
}
