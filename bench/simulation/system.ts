/** Darkroom at a load, simulated: submits that share transactions, polls that share queries, claims and ends that lock their lane. */
import type { Costs } from '../scale/costs.ts';
import { percentile } from '../statistics.ts';
import { type Clock, createClock, createLocks, createLog, createStation, type Station } from './stations.ts';

export interface Design {
  apis: number;
  workers: number;
  databaseCores: number;
  accounts: number;
}

export interface Load {
  submitsPerSecond: number;
  pollsPerRequest: number;
}

export interface Behaviour {
  submitMs: { p50: number; p99: number };
  /** Requests that ended, of those that were submitted. */
  endedShare: number;
  databaseBusy: number;
  apiBusy: number;
  workerBusy: number;
  commitsPerSync: number;
}

/** As in src/requests/submit.ts and read-status.ts: the most in a batch, and batches of a process under way at once. */
const SUBMITS = { atMost: 128, atOnce: 2 };
const READS = { atMost: 256, atOnce: 1 };

export function simulate(costs: Costs, design: Design, load: Load, seconds: number, seed = 1): Behaviour {
  const random = seededRandom(seed);
  const clock = createClock();
  const database = createStation(clock, design.databaseCores);
  const locks = createLocks();
  const log = createLog(clock, costs.syncMs);
  let commits = 0;
  const transaction = (cpuMs: number, lanes: readonly number[], then: () => void): void =>
    locks.take(lanes, () =>
      database.use(cpuMs, () => {
        commits++;
        log.commit(() => {
          locks.release(lanes);
          then();
        });
      }),
    );

  const ms = (micros: number): number => micros / 1000;
  const apis = stations(clock, design.apis);
  const workers = stations(clock, design.workers);
  const any = (count: number): number => Math.floor(random() * count);
  const steps = Math.max(2, Math.round(costs.run.commits));
  const stepMs = ms(costs.run.database) / steps;
  let ended = 0;

  /** Claim and end move the counters of the lane; what is written between touches the request alone. */
  const run = (account: number): void => {
    const worker = workers[any(workers.length)]!;
    const step = (number: number): void => {
      if (number === steps) {
        ended++;
        return;
      }
      const lanes = number === 0 || number === steps - 1 ? [account] : [];
      worker.use(ms(costs.run.process) / steps, () => transaction(stepMs, lanes, () => step(number + 1)));
    };
    step(0);
  };

  const latencies: number[] = [];
  const submitBatches = apis.map(() =>
    createBatches<{ account: number; atMs: number }>(SUBMITS, (batch, done) => {
      const lanes = [...new Set(batch.map(({ account }) => account))].sort((a, b) => a - b);
      transaction(batch.length * ms(costs.submit.database), lanes, () => {
        for (const { account, atMs } of batch) {
          latencies.push(clock.nowMs - atMs);
          run(account);
        }
        done();
      });
    }),
  );
  const readBatches = apis.map(() =>
    createBatches<void>(READS, (batch, done) =>
      database.use(batch.length * ms(costs.statusRead.database), done),
    ),
  );

  arrive(clock, load.submitsPerSecond, seconds, random, () => {
    const [api, account, atMs] = [any(apis.length), any(design.accounts), clock.nowMs];
    apis[api]!.use(ms(costs.submit.process), () => submitBatches[api]!({ account, atMs }));
  });
  arrive(clock, load.submitsPerSecond * load.pollsPerRequest, seconds, random, () => {
    const api = any(apis.length);
    apis[api]!.use(ms(costs.statusRead.process), () => readBatches[api]!());
  });
  clock.run(1000 * seconds);

  const busy = (all: Station[], servers: number): number =>
    all.reduce((sum, { busyMs }) => sum + busyMs, 0) / (1000 * seconds * servers);
  return {
    submitMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
    endedShare: ended / latencies.length,
    databaseBusy: busy([database], design.databaseCores),
    apiBusy: busy(apis, design.apis),
    workerBusy: busy(workers, design.workers),
    commitsPerSync: commits / log.syncs,
  };
}

const stations = (clock: Clock, count: number): Station[] =>
  Array.from({ length: count }, () => createStation(clock, 1));

/** What comes while batches are under way forms the next. */
function createBatches<Item>(
  { atMost, atOnce }: typeof SUBMITS,
  run: (batch: Item[], done: () => void) => void,
): (item: Item) => void {
  let waiting: Item[] = [];
  let running = 0;
  const start = (): void => {
    if (running === atOnce || waiting.length === 0) return;
    const batch = waiting.slice(0, atMost);
    waiting = waiting.slice(atMost);
    running++;
    run(batch, () => {
      running--;
      start();
    });
  };
  return (item) => {
    waiting.push(item);
    start();
  };
}

/** At random moments, so many a second. */
function arrive(
  clock: Clock,
  perSecond: number,
  seconds: number,
  random: () => number,
  then: () => void,
): void {
  const next = (): void => {
    if (clock.nowMs >= 1000 * seconds) return;
    then();
    clock.in((-Math.log(1 - random()) * 1000) / perSecond, next);
  };
  if (perSecond > 0) clock.in(0, next);
}

/** mulberry32: the same numbers for the same seed, so that the pages can be checked. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
