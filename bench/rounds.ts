/** How many rounds one worker gets through when its backend answers at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY } from './processes.ts';

const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
const IMAGES_PER_REQUEST = 4;

/** From the first submit until nothing waits or runs any more: rounds a second. */
export async function measureRounds(address: string, model: string, requests: number): Promise<number> {
  const startedAt = performance.now();
  const submitSome = async (_: unknown, place: number): Promise<void> => {
    for (let index = place; index < requests; index += SUBMITTERS) {
      const body = JSON.stringify({ prompt: `Picture ${index}`, num_images: IMAGES_PER_REQUEST });
      const response = await fetch(`${address}/v1/models/${model}`, { method: 'POST', headers, body });
      if (response.status !== 200) throw new Error(`a submit was answered ${response.status}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: SUBMITTERS }, submitSome));
  while (!(await isIdle(address))) await sleep(20);
  return (requests * IMAGES_PER_REQUEST) / ((performance.now() - startedAt) / 1000);
}

const SUBMITTERS = 16;

async function isIdle(address: string): Promise<boolean> {
  const { queued, running } = (await (await fetch(`${address}/v1/account`, { headers })).json()) as {
    queued: number;
    running: number;
  };
  return queued + running === 0;
}
