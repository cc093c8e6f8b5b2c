/** What a load asks of each resource, by arithmetic on what was measured, and how much of it one machine or disk gives. */
import type { Costs } from '../scale/costs.ts';
import type { Design, Load } from './system.ts';

/** What nobody could measure here. */
export const ASSUMED = {
  /** How full anything may be, so that bursts and failures fit in. */
  utilisation: 0.6,
  /** A client asks so often until its request has ended: every second for ten seconds. */
  pollsPerRequest: 10,
  /** A picture of 1K as PNG. */
  pictureMegabytes: 1.5,
  pictureSeconds: 10,
  /** Requests that one worker process runs at once where the pictures are made elsewhere. */
  workerConcurrency: 200,
  /** Of a process: its pool, and what listens beside it. */
  connectionsPerProcess: 13,
  /** A large machine of today, for one PostgreSQL. */
  machineCores: 64,
  /** What such a machine's disk writes to the log, steadily. */
  logMegabytesPerSecond: 500,
  /** Beyond this PostgreSQL wants a pooler. */
  connections: 500,
  diskTerabytes: 8,
} as const;

export interface Demand {
  design: Design;
  apiCores: number;
  workerCores: number;
  databaseCores: number;
  logMegabytesPerSecond: number;
  connections: number;
  pictureMegabytesPerSecond: number;
  databaseGigabytesPerDay: number;
}

export const loadOf = (submitsPerSecond: number): Load => ({
  submitsPerSecond,
  pollsPerRequest: ASSUMED.pollsPerRequest,
});

/** @param accounts that share the load evenly */
export function demandOf(costs: Costs, load: Load, accounts: number): Demand {
  const { submitsPerSecond: rate, pollsPerRequest: polls } = load;
  const cores = (micros: number): number => (rate * micros) / 1e6;
  const apiCores = cores(costs.submit.process + polls * costs.statusRead.process);
  const workerCores = cores(costs.run.process);
  const databaseCores = cores(costs.submit.database + polls * costs.statusRead.database + costs.run.database);
  const enough = (needed: number): number => Math.max(1, Math.ceil(needed / ASSUMED.utilisation));
  const running = rate * ASSUMED.pictureSeconds;
  const design = {
    apis: enough(apiCores),
    workers: Math.max(enough(workerCores), Math.ceil(running / ASSUMED.workerConcurrency)),
    databaseCores: enough(databaseCores),
    accounts,
  };
  return {
    design,
    apiCores,
    workerCores,
    databaseCores,
    logMegabytesPerSecond: (rate * (costs.submit.logBytes + costs.run.logBytes)) / 1e6,
    connections: (design.apis + design.workers) * ASSUMED.connectionsPerProcess,
    pictureMegabytesPerSecond: rate * ASSUMED.pictureMegabytes,
    databaseGigabytesPerDay: (rate * 86_400 * costs.databaseBytes) / 1e9,
  };
}

export interface Limit {
  resource: string;
  submitsPerSecond: number;
}

/** How many submits a second one PostgreSQL on one machine carries, by each of its resources; the tightest first. */
export function limitsOf(costs: Costs, cores: number): Limit[] {
  const { design: _, ...each } = demandOf(costs, loadOf(1), 1);
  const processes =
    each.apiCores / ASSUMED.utilisation + 1 / (ASSUMED.workerConcurrency / ASSUMED.pictureSeconds);
  const limits = [
    { resource: 'CPU of PostgreSQL', submitsPerSecond: (ASSUMED.utilisation * cores) / each.databaseCores },
    {
      resource: 'its log on the disk',
      submitsPerSecond: (ASSUMED.utilisation * ASSUMED.logMegabytesPerSecond) / each.logMegabytesPerSecond,
    },
    {
      resource: 'its connections, without a pooler',
      submitsPerSecond: ASSUMED.connections / (ASSUMED.connectionsPerProcess * processes),
    },
    {
      resource: 'its disk, with requests kept for 30 days',
      submitsPerSecond: (ASSUMED.diskTerabytes * 1000) / (30 * each.databaseGigabytesPerDay),
    },
  ];
  return limits.sort((a, b) => a.submitsPerSecond - b.submitsPerSecond);
}
