/** The rival's worker: calls the backend for each image side by side, writes what came to disk, says where it is. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { Agent, request } from 'undici';
import { type Generation, type Made, QUEUE } from './queue.ts';

export interface WorkerOptions {
  redis: Redis;
  /** An OpenAI-compatible server, with its version. */
  backendUrl: string;
  filesDir: string;
  concurrency: number;
}

/** As long as Darkroom's lease, and as many runs. */
const LOCK_MS = 20_000;
const MAX_STALLED = 3;

export function startRivalWorker({
  redis,
  backendUrl,
  filesDir,
  concurrency,
}: WorkerOptions): Worker<Generation, Made> {
  const dispatcher = new Agent();

  async function generate(prompt: string, name: string): Promise<Made['files'][number]> {
    const response = await request(`${backendUrl}/images/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-image-2', prompt, size: '1024x1024', output_format: 'png' }),
      dispatcher,
    });
    if (response.statusCode !== 200) throw new Error(`the backend answered ${response.statusCode}`);
    const { data } = (await response.body.json()) as { data: { b64_json: string }[] };
    const bytes = Buffer.from(data[0]!.b64_json, 'base64');
    await writeFile(join(filesDir, name), bytes, { flush: true });
    return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }

  const run = async ({ id, data }: Job<Generation, Made>): Promise<Made> => {
    const { prompt, num_images } = data.input;
    const images = Array.from({ length: num_images }, (_, index) => generate(prompt, `${id}-${index}.png`));
    return { files: await Promise.all(images) };
  };
  const worker = new Worker<Generation, Made>(QUEUE, run, {
    connection: redis,
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS,
    maxStalledCount: MAX_STALLED,
  });
  // Redis may be gone for a moment; without a listener that would end the process.
  worker.on('error', () => {});
  return worker;
}
