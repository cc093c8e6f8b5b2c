/** The simulation's answers as the tables of docs/scaling.md and docs/sizing.md. */
import type { Costs } from '../scale/costs.ts';
import type { Line } from '../scale/report.ts';
import { ASSUMED, demandOf, limitsOf, loadOf } from './demand.ts';
import { simulate } from './system.ts';

const RATES = [100, 1000, 10_000];
const ACCOUNTS = 1000;
/** Long enough for the queues to settle, short enough to be run by a test. */
const SECONDS = 0.5;
const STORED = [1e6, 1e7, 1e8, 1e9];
/** What a dump or a restore gets through. */
const COPIED_MEGABYTES_PER_SECOND = 200;

const many = (value: number): string => Math.round(value).toLocaleString('en');
const few = (value: number): string => (value < 10 ? value.toFixed(1) : many(value));
const percent = (share: number): string => `${Math.round(100 * share)} %`;

function duration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ];
  const [size, name] = units.find(([length]) => seconds >= length) ?? [1, 's'];
  return `${few(seconds / size)} ${name}`;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

/** Beside the service that one writes in a day. */
export const besideTable = (lines: Line[]): string =>
  table(
    ['what', 'Darkroom', 'Fastify + BullMQ', 'ratio', 'wanted'],
    lines.map((line) => [line.what, line.Darkroom, line['Fastify + BullMQ'], line.ratio, line.wanted]),
  );

/** What was measured. */
export function costsTable(costs: Costs): string {
  const { submit, statusRead, run, measuredAt, cores, syncMs } = costs;
  const micros = (value: number): string => many(value);
  const rows = table(
    ['one …', 'CPU of the process, µs', 'CPU of PostgreSQL, µs', 'log, bytes', 'transactions'],
    [
      ['submit', micros(submit.process), micros(submit.database), many(submit.logBytes), 'shared, up to 128'],
      ['status read', micros(statusRead.process), micros(statusRead.database), '0', 'shared, up to 256'],
      [
        'run of one picture, from claim to end',
        micros(run.process),
        micros(run.database),
        many(run.logBytes),
        few(run.commits),
      ],
    ],
  );
  return `${rows}\n\nMeasured on ${measuredAt} with ${cores} cores, which the load shared. A sync of the disk took ${syncMs} ms.`;
}

/** What stays on disks and in memory. */
export function spaceTable({ databaseBytes, submit, run, memoryMegabytes }: Costs): string {
  const million = (bytes: number): string => `${few((1e6 * bytes) / 1e9)} GB`;
  return table(
    ['what', 'measured', 'for a million requests'],
    [
      ['rows and indexes of a request with one picture, bytes', many(databaseBytes), million(databaseBytes)],
      [
        'log that PostgreSQL writes for it, bytes',
        many(submit.logBytes + run.logBytes),
        million(submit.logBytes + run.logBytes),
      ],
      ['memory of an API process after that load, MB', many(memoryMegabytes.api), ''],
      ['memory of a worker process after that load, MB', many(memoryMegabytes.worker), ''],
    ],
  );
}

/** What one machine's PostgreSQL carries. */
export const limitsTable = (costs: Costs): string =>
  table(
    ['limit of one PostgreSQL', `${costs.cores} cores`, `${ASSUMED.machineCores} cores`],
    limitsOf(costs, ASSUMED.machineCores).map(({ resource, submitsPerSecond }) => [
      resource,
      many(limitsOf(costs, costs.cores).find((one) => one.resource === resource)!.submitsPerSecond),
      many(submitsPerSecond),
    ]),
  );

/** What each load needs, and how it behaves with that. */
export function loadsTable(costs: Costs): string {
  const columns = RATES.map((rate) => {
    const demand = demandOf(costs, loadOf(rate), ACCOUNTS);
    const { design } = demand;
    const behaviour = simulate(costs, design, loadOf(rate), SECONDS);
    return [
      `${design.apis}`,
      `${design.workers}`,
      `${design.databaseCores}`,
      few(demand.logMegabytesPerSecond),
      many(demand.connections),
      few(demand.databaseGigabytesPerDay),
      many(demand.pictureMegabytesPerSecond),
      `${few(behaviour.submitMs.p50)} / ${few(behaviour.submitMs.p99)}`,
      percent(behaviour.databaseBusy),
      few(behaviour.commitsPerSync),
    ];
  });
  const names = [
    'API processes',
    'worker processes',
    'cores for PostgreSQL',
    'log, MB/s',
    'connections, without a pooler',
    'growth of the database, GB a day',
    'pictures, MB/s',
    'submit until it is durable, ms, p50 / p99',
    'PostgreSQL is busy',
    'commits that share a sync',
  ];
  return table(
    ['submits a second', ...RATES.map(many)],
    names.map((name, row) => [name, ...columns.map((column) => column[row]!)]),
  );
}

/** The most that one account gets through, whose lane every claim and every end has to lock. */
export function oneAccountTable(costs: Costs): string {
  const rates = [50, 100, 200, 400, 800, 1600];
  return table(
    ['submits a second, all of one account', 'requests that keep up', 'submit, ms, p50 / p99'],
    rates.map((rate) => {
      const { design } = demandOf(costs, loadOf(rate), 1);
      const { endedShare, submitMs } = simulate(costs, design, loadOf(rate), 2);
      return [many(rate), percent(endedShare), `${few(submitMs.p50)} / ${few(submitMs.p99)}`];
    }),
  );
}

export const storedTable = (costs: Costs): string =>
  table(
    [
      'requests kept',
      'database',
      'a dump or a restore',
      ...RATES.map((rate) => `reached at ${many(rate)}/s after`),
    ],
    STORED.map((count) => {
      const gigabytes = (count * costs.databaseBytes) / 1e9;
      return [
        many(count),
        gigabytes < 1000 ? `${few(gigabytes)} GB` : `${few(gigabytes / 1000)} TB`,
        duration((gigabytes * 1000) / COPIED_MEGABYTES_PER_SECOND),
        ...RATES.map((rate) => duration(count / rate)),
      ];
    }),
  );
