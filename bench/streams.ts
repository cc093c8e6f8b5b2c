/** Event streams: what thousands of them on one process cost, and how soon a change is heard. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, statement } from '../src/db/database.ts';
import { type Listeners, openListeners } from './listeners.ts';
import { startTarget, type Target } from './processes.ts';
import { fillWithRequests, withDatabaseOf } from './rows.ts';
import { percentile } from './statistics.ts';

const LISTENERS = 5000;
const IDLE_MS = 15_000;
const CHANGES = 300;
const BURSTS = 5;
const IDS_PER_NOTIFICATION = 200;

const change = statement<never>(
  'bench_change',
  'update requests set version = version + 1 where id = any($1::uuid[])',
);
const leave = statement<never>('bench_leave', 'update lanes set departed = departed + 1');
const notify = statement<never>(
  'bench_notify',
  `select pg_notify('darkroom', 'bench requests ' || payload) from unnest($1::text[]) as payload`,
);

export interface StreamMeasures {
  kilobytesEach: number;
  /** Of one core. */
  idlePercent: number;
  /** From the moment a change begins to be made until its listener has it. */
  changeMs: { p50: number; p99: number };
  /** Of all at once, until the last has it. */
  burstMs: number;
  /** From the first to the last who is told of a new position. */
  positionsMs?: number;
}

export async function measureStreams(
  folder: string,
): Promise<{ darkroom: StreamMeasures; bare: StreamMeasures }> {
  const bare = await startTarget('bare', folder);
  const ids = Array.from({ length: LISTENERS }, () => crypto.randomUUID());
  bare.know(ids);
  const measuredBare = await measure(bare, ids, async (which) => bare.change(which)).finally(() =>
    bare.stop(),
  );

  const dataDir = join(folder, 'streams');
  const darkroom = await startTarget('darkroom', dataDir, { DARKROOM_MAX_STREAMS: String(2 * LISTENERS) });
  try {
    const queued = await fillWithRequests(dataDir, LISTENERS, 'queued');
    return await withDatabaseOf(dataDir, async (db) => ({
      bare: measuredBare,
      darkroom: await measure(
        darkroom,
        queued,
        (which) => changeThem(db, which),
        () => moveAll(db, queued),
      ),
    }));
  } finally {
    await darkroom.stop();
  }
}

async function measure(
  target: Target,
  ids: string[],
  changeThese: (ids: string[]) => Promise<void>,
  moveQueue?: () => Promise<void>,
): Promise<StreamMeasures> {
  // By now it knows all that it was told of.
  await target.settledMegabytes();
  // What any first call brings into memory is not the streams'.
  (await openListeners(target.address, ids.slice(0, 50))).close();
  const before = await target.settledMegabytes();
  const listeners = await openListeners(target.address, ids);
  try {
    const kilobytesEach = ((await target.settledMegabytes()) - before) * (1024 / LISTENERS);
    const idlePercent = await idle(target);
    const singles: number[] = [];
    for (let count = 0; count < CHANGES; count++) {
      const index = Math.floor(Math.random() * ids.length);
      singles.push((await timeTo(listeners, [index], () => changeThese([ids[index]!])))[0]!);
    }
    const bursts: number[] = [];
    for (let count = 0; count < BURSTS; count++)
      bursts.push(Math.max(...(await timeTo(listeners, undefined, () => changeThese(ids)))));
    const moves: number[] = [];
    for (let count = 0; moveQueue && count < BURSTS; count++) {
      // Those that are next already have nowhere to go.
      const times = await timeTo(listeners, [...ids.keys()].slice(BURSTS), moveQueue);
      moves.push(Math.max(...times) - Math.min(...times));
    }
    return {
      kilobytesEach,
      idlePercent,
      changeMs: { p50: percentile(singles, 0.5), p99: percentile(singles, 0.99) },
      burstMs: percentile(bursts, 0.5),
      ...(moves.length > 0 && { positionsMs: percentile(moves, 0.5) }),
    };
  } finally {
    listeners.close();
  }
}

async function timeTo(
  listeners: Listeners,
  which: number[] | undefined,
  work: () => Promise<void>,
): Promise<number[]> {
  const heard = listeners.nextEvents(which);
  const from = performance.now();
  await work();
  return (await heard).map((at) => at - from);
}

async function idle(target: Target): Promise<number> {
  await sleep(2000);
  const [from, before] = [performance.now(), await target.cpuMs()];
  await sleep(IDLE_MS);
  return ((await target.cpuMs()) - before) / ((performance.now() - from) / 100);
}

/** As another process makes and tells of it. */
async function changeThem(db: Database, ids: string[]): Promise<void> {
  await db.rows(change, [ids]);
  await tell(db, ids);
}

async function moveAll(db: Database, [first]: string[]): Promise<void> {
  await db.rows(leave);
  await tell(db, [first!.replace(/^.{8}/, '00000000')]);
}

async function tell(db: Database, ids: string[]): Promise<void> {
  const payloads: string[] = [];
  for (let at = 0; at < ids.length; at += IDS_PER_NOTIFICATION)
    payloads.push(ids.slice(at, at + IDS_PER_NOTIFICATION).join(','));
  await db.rows(notify, [payloads]);
}
