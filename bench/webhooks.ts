/**
 * `npm run bench:webhooks`: how late webhooks come while one in ten receivers hangs, and how many a process delivers.
 * Ends of requests are written past the API, at a steady pace and all at once: the deliveries are what is measured.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startTarget } from './processes.ts';
import { endWithWebhooks } from './webhook-rows.ts';

const DELIVERIES = Number(process.env.BENCH_DELIVERIES ?? 10_000);
const PER_SECOND = Number(process.env.BENCH_PER_SECOND ?? 250);
const BEAT_MS = 40;

const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
await chmod(folder, 0o755);
const receivers = fork(fileURLToPath(new URL('./webhook-receivers.ts', import.meta.url)));
const [{ urls, hanging }] = (await once(receivers, 'message')) as [{ urls: string[]; hanging: string[] }];
try {
  const lines = [
    await measure(`${PER_SECOND} a second`, urls, async (end) => {
      const atOnce = Math.round((PER_SECOND * BEAT_MS) / 1000);
      const beganMs = performance.now();
      for (let done = 0; done < DELIVERIES; done += atOnce) {
        await end(done, Math.min(atOnce, DELIVERIES - done));
        const nextMs = beganMs + (done / atOnce + 1) * BEAT_MS;
        await sleep(Math.max(0, nextMs - performance.now()));
      }
    }),
    await measure('all at once', urls, (end) => end(0, DELIVERIES)),
    await measure(
      'all at once, none hanging',
      urls.filter((url) => !hanging.includes(url)),
      (end) => end(0, DELIVERIES),
    ),
  ];
  console.table(lines);
  console.log(
    `${DELIVERIES} deliveries to ${urls.length} receivers, of which ${hanging.length} never answer, by one process; those, PostgreSQL and the receivers share this machine's cores. Late: from the end of a request to its receiver's answer.`,
  );
} finally {
  receivers.kill();
  await rm(folder, { recursive: true, force: true });
}

async function measure(
  what: string,
  to: string[],
  pace: (end: (from: number, count: number) => Promise<void>) => Promise<void>,
): Promise<Record<string, string>> {
  const dataDir = join(folder, what.replaceAll(/\W+/g, '-'));
  const target = await startTarget('whole', dataDir, { DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1' });
  try {
    const healthy = to.filter((url) => !hanging.includes(url));
    const cpuBefore = await target.cpuMs();
    const beganMs = performance.now();
    await endWithWebhooks(dataDir, to, DELIVERIES, pace);
    receivers.send({ count: Math.floor((DELIVERIES * healthy.length) / to.length) });
    const [{ latenciesMs }] = (await once(receivers, 'message')) as [{ latenciesMs: number[] }];
    const seconds = (performance.now() - beganMs) / 1000;
    const sorted = latenciesMs.toSorted((a, b) => a - b);
    const at = (part: number): string => `${sorted[Math.floor((sorted.length - 1) * part)]} ms`;
    return {
      what,
      'a second': (sorted.length / seconds).toFixed(0),
      'late p50': at(0.5),
      p99: at(0.99),
      most: at(1),
      'CPU each': `${(((await target.cpuMs()) - cpuBefore) / sorted.length).toFixed(2)} ms`,
      memory: `${(await target.residentMegabytes()).toFixed(0)} MB`,
    };
  } finally {
    await target.stop();
  }
}
