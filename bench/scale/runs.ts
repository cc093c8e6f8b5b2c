/** From submit to start, and how many requests come to their end, seen from outside: by the client and by the backend it leads to. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageServer } from '../image-server.ts';
import { KEY } from '../processes.ts';
import { percentile } from '../statistics.ts';
import { submitMany } from './calls.ts';
import { BENCH_MODEL, type Service } from './service.ts';
import { type Measured, withCpu } from './turns.ts';

const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };

export interface StartLatency {
  p50Ms: number;
  p99Ms: number;
}

/** One after the other: from sending the submit until the backend is called. */
export async function measureStart(
  service: Service,
  images: ImageServer,
  count: number,
): Promise<StartLatency> {
  const measured: number[] = [];
  for (let index = -10; index < count; index++) {
    const prompt = `start ${service.name} ${index}`;
    const called = new Promise<void>((resolve) => {
      images.onCall = (of) => of === prompt && resolve();
    });
    const sentAt = performance.now();
    await submitOne(service, prompt);
    await called;
    // The first ones warm it up.
    if (index >= 0) measured.push(performance.now() - sentAt);
    await sleep(5);
  }
  images.onCall = undefined;
  return { p50Ms: percentile(measured, 0.5), p99Ms: percentile(measured, 0.99) };
}

/** To one of its processes. @returns its id. */
export async function submitOne(service: Service, prompt: string, images = 1): Promise<string> {
  const address = service.addresses[Math.floor(Math.random() * service.addresses.length)];
  const response = await fetch(`${address}/v1/models/${BENCH_MODEL}`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ prompt, num_images: images }),
  });
  if (!response.ok) throw new Error(`a submit was answered ${response.status}`);
  return ((await response.json()) as { request_id: string }).request_id;
}

/** Submits `count` at once: how many come to their end a second until all have. */
export async function measureRuns(
  service: Service,
  images: ImageServer,
  count: number,
): Promise<Measured & { ids: string[] }> {
  let [ids, answered]: [string[], number] = [[], 0];
  images.onAnswer = () => void answered++;
  const measured = await withCpu(service, async () => {
    const startedAt = performance.now();
    ids = await submitMany(service, count);
    while (answered < count) await sleep(5);
    // What has its picture has nearly ended; asking for all would be a load of its own.
    await untilEnded(service, ids.slice(-LAST));
    return { perSecond: (1000 * count) / (performance.now() - startedAt), calls: count };
  });
  images.onAnswer = undefined;
  await untilEnded(service, ids);
  return { ...measured, ids };
}

const LAST = 32;
const ASKING = 16;

/** @returns those that have not ended after `patienceMs`. */
export async function untilEnded(service: Service, ids: string[], patienceMs = 600_000): Promise<string[]> {
  const untilMs = performance.now() + patienceMs;
  const unended: string[] = [];
  const left = [...ids];
  const ask = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      while (!['completed', 'unknown'].includes(await statusOf(service, id))) {
        if (performance.now() > untilMs) {
          unended.push(id);
          break;
        }
        await sleep(20);
      }
    }
  };
  await Promise.all(Array.from({ length: ASKING }, ask));
  return unended;
}

/** @returns 'unknown' of a request that is not there. */
export async function statusOf(service: Service, id: string): Promise<string> {
  const response = await fetch(`${service.addresses[0]}/v1/requests/${id}/status`, { headers });
  const { status } = (await response.json()) as { status?: string };
  return status ?? 'unknown';
}

/** What the client is told at the end. */
export async function resultOf(service: Service, id: string): Promise<string> {
  const response = await fetch(`${service.addresses[0]}/v1/requests/${id}/result`, { headers });
  return (await response.text()).replaceAll(service.addresses[0]!, '');
}
