/**
 * `npm run bench:scale`: Darkroom on 1, 2 and 4 processes of each kind, beside the service that a good engineer would write in a day,
 * in turns on the same machine; with long queues; and when everything is killed. Only ratios mean something elsewhere.
 * `BENCH_SAVE=1` keeps what was measured for `npm run simulate`.
 */
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageServer, startImageServer } from '../image-server.ts';
import { saveMeasured } from '../simulation/measured.ts';
import { statusReads, submits } from './calls.ts';
import { measureCosts } from './costs.ts';
import { type Darkroom, startDarkroom } from './darkroom.ts';
import { measureClaims, measureDepth } from './depths.ts';
import { type Losses, measureKills } from './kills.ts';
import { createReport } from './report.ts';
import { startRival } from './rival.ts';
import { measureRuns, measureStart } from './runs.ts';
import type { Service } from './service.ts';
import { inTurns, underLoad } from './turns.ts';

const REPEATS = Number(process.env.BENCH_REPEATS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const list = (text: string): number[] => text.split(',').filter(Boolean).map(Number);
const PROCESSES = list(process.env.BENCH_PROCESSES ?? '1,2,4');
const DEPTHS = list(process.env.BENCH_DEPTHS ?? '0,10000,100000,1000000');
const KILLS = Number(process.env.BENCH_KILLS ?? 3);
const RUNS = Number(process.env.BENCH_RUNS ?? 1000);
const STARTS = 200;
/** Beyond this the rival's own client takes minutes to fill its queue. */
const RIVAL_DEPTH = 100_000;

/** What is asked after a kill, and what it should be. */
const LOSSES: [keyof Losses, string, string?][] = [
  ['acknowledged', 'acknowledged requests'],
  ['gone', '… of them unknown afterwards', '0'],
  ['stuck', '… of them that never end', '0'],
  ['endedTwice', '… of them whose result changed after it was given', '0'],
  ['failed', '… of them that ended without their pictures', '0'],
  ['finishedAgain', 'finished pictures that were made, and paid for, again', '0'],
  ['underWayAgain', 'pictures under way that were made again'],
];

const folder = await mkdtemp(join(tmpdir(), 'darkroom-scale-'));
// Also where it is broken off, which may leave gigabytes.
process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
const report = createReport();
const doing = (what: string): void => void process.stderr.write(`${what}\n`);
try {
  await measure();
} finally {
  console.table(report.lines);
}
console.log(
  `${availableParallelism()} cores, shared by the services, their databases, the load and the backend: more processes than that cannot be faster here. ${REPEATS} repeats of ${SECONDS} s in turns, medians.`,
);

interface Stage {
  images: ImageServer;
  darkroom: Darkroom;
  rival: Service;
  services: Service[];
}

async function measure(): Promise<void> {
  for (const name of ['', 'darkroom', 'rival']) {
    await mkdir(join(folder, name), { recursive: true });
    // PostgreSQL runs as another user where this runs as root.
    await chmod(join(folder, name), 0o755);
  }
  await using images = await startImageServer();
  await using darkroom = await startDarkroom(join(folder, 'darkroom'), images.baseUrl);
  await using rival = await startRival(join(folder, 'rival'), images.baseUrl);
  const stage = { images, darkroom, rival, services: [darkroom, rival] };
  for (const count of PROCESSES) await sideBySide(stage, count);
  await longQueues(stage);
  if (KILLS > 0) await kills(stage);
  await costs(stage);
}

async function sideBySide({ images, services }: Stage, count: number): Promise<void> {
  const of = `${count} api`;
  doing(`${of}, ${count} worker`);
  for (const service of services) {
    await service.empty();
    await service.scaleTo(count, count);
  }
  const starts: string[] = [];
  for (const service of services) starts.push(inWords(await measureStart(service, images, STARTS)));
  report.say(`submit to start, ${of}, ${count} worker, ms`, starts[0]!, starts[1]);

  const ids = new Map<string, string[]>();
  const [runs, theirRuns] = await inTurns(services, REPEATS, async (service) => {
    const measured = await measureRuns(service, images, RUNS);
    ids.set(service.name, measured.ids);
    return measured;
  });
  report.rates(`requests completed/s, ${of}, ${count} worker`, runs!.perSecond, theirRuns!.perSecond);

  for (const service of services) await service.scaleTo(count, 0);
  const [reads, theirReads] = await inTurns(services, REPEATS, (service) =>
    underLoad(service, statusReads(ids.get(service.name)!, SECONDS)),
  );
  report.rates(`status reads/s of ended requests, ${of}`, reads!.perSecond, theirReads!.perSecond, 2);

  for (const service of services) await service.empty();
  const [submitted, theirSubmitted] = await inTurns(services, REPEATS, (service) =>
    underLoad(service, submits(SECONDS)),
  );
  report.rates(`durable submits/s, ${of}`, submitted!.perSecond, theirSubmitted!.perSecond, 1.5);
}

async function longQueues({ darkroom, services }: Stage): Promise<void> {
  for (const service of services) await service.scaleTo(1, 0);
  let shortest: { reads: number; submits: number } | undefined;
  for (const waiting of DEPTHS) {
    const behind = `${waiting.toLocaleString('en')} waiting`;
    doing(behind);
    const measured = waiting > RIVAL_DEPTH ? [darkroom] : services;
    const { reads, submitted } = await measureDepth(measured, waiting, REPEATS, SECONDS);
    const ours = { reads: reads[0]!.perSecond, submits: submitted[0]!.perSecond };
    report.rates(`submits/s, ${behind}`, ours.submits, submitted[1]?.perSecond, 1.5);
    report.rates(`status reads/s with position, ${behind}`, ours.reads, reads[1]?.perSecond, 2);
    report.say(`claim, ${behind}, ms`, inWords(await measureClaims(darkroom, waiting)));
    shortest ??= ours;
    const shares = [ours.submits / shortest.submits, ours.reads / shortest.reads];
    report.say(
      `submits, status reads, ${behind}, of those with ${DEPTHS[0]}`,
      shares.map((share) => share.toFixed(2)).join(', '),
      '',
      'flat',
    );
  }
}

async function kills({ images, services }: Stage): Promise<void> {
  doing('kills');
  const losses: Losses[] = [];
  for (const service of services) losses.push(await measureKills(service, images, KILLS));
  for (const [name, what, wanted] of LOSSES)
    report.say(
      `everything killed ${KILLS} times: ${what}`,
      `${losses[0]![name]}`,
      `${losses[1]![name]}`,
      wanted,
    );
}

async function costs({ images, darkroom }: Stage): Promise<void> {
  doing('costs');
  const costs = await measureCosts(darkroom, images, { seconds: SECONDS, repeats: REPEATS, requests: RUNS });
  console.log(costs);
  if (process.env.BENCH_SAVE) await saveMeasured({ costs, lines: [...report.lines] });
}

function inWords({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }): string {
  return `p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)}`;
}
