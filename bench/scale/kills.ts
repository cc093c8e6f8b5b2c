/** Everything of a service is killed at once while clients submit and pictures are made: what is lost, and what is paid for twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageServer } from '../image-server.ts';
import { resultOf, statusOf, submitOne, untilEnded } from './runs.ts';
import type { Service } from './service.ts';

export interface Losses {
  acknowledged: number;
  /** Acknowledged, and nobody knows them any more. */
  gone: number;
  /** Acknowledged, and they do not come to their end. */
  stuck: number;
  /** Whose result changed after it was given. */
  endedTwice: number;
  /** Acknowledged, and they ended without their pictures. */
  failed: number;
  /** Pictures that had come well before the kill, and were made again all the same. */
  finishedAgain: number;
  /** Pictures that were under way at the kill and made again: where a backend only answers, nobody can fetch them. */
  underWayAgain: number;
}

const IMAGES = 4;
const SUBMIT_EVERY_MS = 60;
/** Pictures of a request come one after the other, and slowly enough that the machine keeps up. */
const [LATENCY_MS, JITTER_MS] = [500, 2500];
const BEFORE_KILL_MS = 4000;
/** What came so long before the kill should have been kept. */
const KEPT_MS = 500;
/** A lease of 20 s that has to run out, and then some. */
const PATIENCE_MS = 180_000;

export async function measureKills(service: Service, images: ImageServer, kills: number): Promise<Losses> {
  const losses: Losses = {
    acknowledged: 0,
    gone: 0,
    stuck: 0,
    endedTwice: 0,
    failed: 0,
    finishedAgain: 0,
    underWayAgain: 0,
  };
  [images.latencyMs, images.jitterMs] = [LATENCY_MS, JITTER_MS];
  await service.empty();
  await service.scaleTo(1, 1);
  for (let kill = 0; kill < kills; kill++) {
    const pictures = watchPictures(images);
    const ids = await submitUntil(service, kill, BEFORE_KILL_MS);
    const killing = service.killAll();
    const open = pictures.openAt(performance.now() - KEPT_MS);
    await killing;
    losses.acknowledged += ids.length;
    losses.stuck += (await untilEnded(service, ids, PATIENCE_MS)).length;
    const first = await resultsOf(service, ids);
    // Whoever still works on something that has ended gets the time to say so.
    await sleep(2 * (LATENCY_MS + JITTER_MS));
    const again = await resultsOf(service, ids);
    for (const id of ids) {
      if ((await statusOf(service, id)) === 'unknown') losses.gone++;
      else if (first.get(id) !== again.get(id)) losses.endedTwice++;
      else if (/"status":"failed"/.test(again.get(id)!)) losses.failed++;
    }
    for (const [prompt, calls] of pictures.calls) {
      const again = Math.max(0, calls.answeredAtMs.length - IMAGES);
      const underWay = Math.min(again, open.get(prompt) ?? 0);
      losses.underWayAgain += underWay;
      losses.finishedAgain += again - underWay;
    }
  }
  [images.latencyMs, images.jitterMs, images.onCall, images.onAnswer] = [0, 0, undefined, undefined];
  return losses;
}

interface Calls {
  called: number;
  answeredAtMs: number[];
}

/** What the backend is asked for, by prompt. */
function watchPictures(images: ImageServer) {
  const calls = new Map<string, Calls>();
  images.onCall = (prompt) => {
    const of = calls.get(prompt) ?? { called: 0, answeredAtMs: [] };
    of.called++;
    calls.set(prompt, of);
  };
  images.onAnswer = (prompt) => void calls.get(prompt)!.answeredAtMs.push(performance.now());
  return {
    calls,
    /** How many of each had not been answered by then. */
    openAt: (ms: number) =>
      new Map(
        [...calls].map(([prompt, { called, answeredAtMs }]) => [
          prompt,
          called - answeredAtMs.filter((at) => at <= ms).length,
        ]),
      ),
  };
}

/** One every now and then. @returns those that were acknowledged; the last ones are still on their way and join it. */
async function submitUntil(service: Service, kill: number, durationMs: number): Promise<string[]> {
  const ids: string[] = [];
  const untilMs = performance.now() + durationMs;
  for (let index = 0; performance.now() < untilMs; index++) {
    submitOne(service, `kill ${kill} ${service.name} ${index}`, IMAGES).then(
      (id) => void ids.push(id),
      // Cut off by the kill: it was not acknowledged.
      () => {},
    );
    await sleep(SUBMIT_EVERY_MS);
  }
  return ids;
}

async function resultsOf(service: Service, ids: string[]): Promise<Map<string, string>> {
  const results = new Map<string, string>();
  for (const id of ids) results.set(id, await resultOf(service, id));
  return results;
}
