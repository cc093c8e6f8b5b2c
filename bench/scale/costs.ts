/** What one request costs Darkroom in CPU, log, disk and memory: what `bench/simulate.ts` and docs/sizing.md go on from. */
import { open, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { statement } from '../../src/db/database.ts';
import type { ImageServer } from '../image-server.ts';
import { percentile } from '../statistics.ts';
import { statusReads, submitMany, submits } from './calls.ts';
import type { Darkroom } from './darkroom.ts';
import { measureRuns } from './runs.ts';
import { inTurns, type Measured, underLoad } from './turns.ts';

interface Cpu {
  /** Microseconds of the process that the call meets, and of PostgreSQL. */
  process: number;
  database: number;
}

/** Of one request with one picture, on the machine it was measured on. */
export interface Costs {
  measuredAt: string;
  cores: number;
  submit: Cpu & { logBytes: number };
  statusRead: Cpu;
  /** From the claim to the end, the picture that it keeps included. */
  run: Cpu & { logBytes: number; commits: number };
  /** A sync of the disk, at the median. */
  syncMs: number;
  /** All tables and indexes, for each request that has ended. */
  databaseBytes: number;
  memoryMegabytes: { api: number; worker: number };
}

const counters = statement<{ log_bytes: number; commits: number }>(
  'bench_counters',
  `select (pg_current_wal_lsn() - '0/0')::bigint as log_bytes, xact_commit as commits
     from pg_stat_database, pg_stat_force_next_flush() where datname = current_database()`,
);
const tableBytes = statement<{ bytes: number }>(
  'bench_table_bytes',
  `select sum(pg_total_relation_size(oid))::bigint as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace`,
);

export async function measureCosts(
  darkroom: Darkroom,
  images: ImageServer,
  { seconds, repeats, requests }: { seconds: number; repeats: number; requests: number },
): Promise<Costs> {
  const { db } = darkroom;
  await darkroom.empty();
  await darkroom.scaleTo(1, 0);
  const counted = async (): Promise<{ log_bytes: number; commits: number }> => (await db.row(counters))!;
  const submitLog: number[] = [];
  const [submitted] = await inTurns([darkroom], repeats, async () => {
    const before = await counted();
    let calls = 0;
    const measured = await underLoad(darkroom, submits(seconds), (count) => {
      calls = count;
    });
    submitLog.push(((await counted()).log_bytes - before.log_bytes) / calls);
    return measured;
  });
  // Of requests that wait, as most that are polled do: what has ended is remembered, and costs less.
  const waiting = await submitMany(darkroom, requests);
  const reads = await inTurns([darkroom], repeats, () => underLoad(darkroom, statusReads(waiting, seconds)));

  await darkroom.empty();
  await darkroom.scaleTo(1, 1);
  // The first ones warm it up.
  await measureRuns(darkroom, images, requests);
  const beforeBytes = (await db.row(tableBytes))!.bytes;
  const before = await counted();
  const runs = await measureRuns(darkroom, images, requests);
  const after = await counted();
  const memoryMegabytes = {
    api: await residentMegabytes(darkroom.pids.api),
    worker: await residentMegabytes(darkroom.pids.worker),
  };
  await db.script('vacuum');
  const submit = { ...cpuOf(submitted!, 'api'), logBytes: percentile(submitLog, 0.5) };
  const allLog = (after.log_bytes - before.log_bytes) / requests;
  return {
    measuredAt: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
    submit,
    statusRead: cpuOf(reads[0]!, 'api'),
    run: {
      process: runs.cpuMicros.worker,
      // Of what PostgreSQL did, the submits were a part.
      database: Math.max(0, runs.cpuMicros.database - submit.database),
      logBytes: Math.max(0, allLog - submit.logBytes),
      commits: (after.commits - before.commits) / requests,
    },
    syncMs: await measureSync(darkroom.dataDir),
    databaseBytes: ((await db.row(tableBytes))!.bytes - beforeBytes) / requests,
    memoryMegabytes,
  };
}

const cpuOf = ({ cpuMicros }: Measured, kind: 'api' | 'worker'): Cpu => ({
  process: cpuMicros[kind],
  database: cpuMicros.database,
});

async function residentMegabytes(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

const SYNCS = 200;

/** As PostgreSQL writes its log: some pages at the end of a file, then `fdatasync`. */
async function measureSync(folder: string): Promise<number> {
  await using file = await open(join(folder, 'sync-probe'), 'w');
  const measured: number[] = [];
  for (let index = 0; index < SYNCS; index++) {
    const startedAt = performance.now();
    await file.write(Buffer.alloc(8192, index));
    await file.datasync();
    measured.push(performance.now() - startedAt);
  }
  return percentile(measured, 0.5);
}
