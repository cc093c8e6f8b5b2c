/** The rival's processes, and a Redis of its own that syncs its log before it answers. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { missingProgram } from '../../test/support/debian-package.ts';
import { KEY } from '../processes.ts';
import { connectTo, type Generation, QUEUE, RIVAL_ACCOUNT } from '../rival/queue.ts';
import { createProcesses } from './processes-of-service.ts';
import { BENCH_MODEL, CONCURRENCY, type Service } from './service.ts';
import { cpuMsOf, type Running, spawnUntil } from './spawn.ts';

const MAIN = fileURLToPath(new URL('../rival/main.ts', import.meta.url));

/** @throws when there is no Redis and none can be installed. */
export async function startRival(folder: string, backendUrl: string): Promise<Service> {
  const missing = await missingProgram('redis-server');
  if (missing) throw new Error(missing);
  const filesDir = join(folder, 'files');
  await mkdir(filesDir, { recursive: true });
  const socketPath = join(folder, 'redis.sock');
  let redis = await startRedis(folder, socketPath);
  const env = {
    RIVAL_REDIS: socketPath,
    RIVAL_KEY: KEY,
    RIVAL_MODEL: BENCH_MODEL,
    RIVAL_BACKEND: backendUrl,
    RIVAL_FILES: filesDir,
    RIVAL_CONCURRENCY: String(CONCURRENCY),
    NODE_ENV: 'production',
  };
  const processes = createProcesses((kind) =>
    spawnUntil(process.execPath, [MAIN, kind], env, /ready(?: at (http:\S+))?/),
  );
  return {
    name: 'Fastify + BullMQ',
    get addresses() {
      return processes.addresses;
    },
    scaleTo: processes.scaleTo,
    cpuMs: async () => ({ ...(await processes.cpuMs()), database: await cpuMsOf(redis.pid) }),
    async empty() {
      const client = connectTo(socketPath);
      await client.flushall();
      client.disconnect();
    },
    fill: (count) => addJobs(socketPath, count),
    async killAll() {
      const apis = processes.addresses.length;
      await Promise.all([processes.killAll(), redis.kill()]);
      redis = await startRedis(folder, socketPath);
      await processes.scaleTo(apis, apis);
    },
    async [Symbol.asyncDispose]() {
      await processes.stop();
      await redis.kill();
    },
  };
}

const REDIS_SETTINGS = {
  port: '0',
  appendonly: 'yes',
  appendfsync: 'always',
  // The log has everything; a snapshot beside it would only cost.
  save: '',
  'maxmemory-policy': 'noeviction',
};

async function startRedis(dir: string, unixsocket: string): Promise<Running> {
  const settings = Object.entries({ ...REDIS_SETTINGS, dir, unixsocket });
  const running = await spawnUntil(
    'redis-server',
    settings.flatMap(([name, value]) => [`--${name}`, value]),
    {},
    /accept connections (?:at|on)/i,
  );
  const probe = connectTo(unixsocket);
  await probe.ping();
  probe.disconnect();
  return running;
}

/** As its API adds them. */
async function addJobs(socketPath: string, count: number): Promise<string[]> {
  const redis = connectTo(socketPath);
  const queue = new Queue<Generation>(QUEUE, { connection: redis });
  const input = { prompt: 'A cinematic close-up portrait under neon lights in rainy Tokyo', num_images: 1 };
  const data = { accountId: RIVAL_ACCOUNT, modelId: BENCH_MODEL, input };
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  for (let at = 0; at < count; at += 1000)
    await queue.addBulk(
      ids.slice(at, at + 1000).map((jobId) => ({ name: 'generate', data, opts: { jobId } })),
    );
  await queue.close();
  redis.disconnect();
  return ids;
}
