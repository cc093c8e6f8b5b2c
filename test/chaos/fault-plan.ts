/** What is done to the processes during a chaos run, drawn before it: the same seed does the same. */
import type { Random } from '../support/random.ts';
import { APIS, WORKERS } from './limits.ts';

export type PlannedFault = { atMs: number } & (
  | { kind: 'kill'; victim: string; downMs: number }
  | { kind: 'stop'; victim: string; forMs: number }
  | { kind: 'cut'; victim: string }
  | { kind: 'hold'; victim: string; forMs: number }
  | { kind: 'clock'; victim: string; seconds: number }
  /** SIGTERM, one after the other. */
  | { kind: 'restart'; victims: string[] }
);

/** Faults that may overlap; the next act begins when all of them are over. */
export interface Act {
  name: string;
  faults: PlannedFault[];
}

export interface FaultPlan {
  /** How wrong clocks are at the start, in seconds. */
  clocks: Map<string, number>;
  acts: Act[];
}

/** A lease is 20 s, and others look every 5 s: who stands still for so long has lost what it held to somebody else. */
const PAST_LEASE_MS = 25_000;
const SERVERS = [...APIS, ...WORKERS];
/** Receivers of webhooks refuse what is five minutes old or young; requests run for less than a clock may be wrong. */
const MOST_WRONG_SECONDS = 240;
const LEAST_WRONG_SECONDS = 100;

const LINKS: readonly string[] = [
  ...APIS.map((name) => `clients > ${name}`),
  ...SERVERS.flatMap((name) => [`${name} > postgres`, `${name} > s3`]),
  ...WORKERS.map((name) => `${name} > upstream`),
  'workers > receiver',
];

const wrong = (random: Random): number =>
  random.pick([-1, 1]) * random.integer(LEAST_WRONG_SECONDS, MOST_WRONG_SECONDS);

/** Storms and rolling restarts in turn, for about so long. */
export function planFaults(random: Random, seconds: number): FaultPlan {
  const clocks = new Map([
    [random.pick(WORKERS), wrong(random)],
    [random.pick(APIS), wrong(random)],
  ] as [string, number][]);
  const acts: Act[] = [];
  for (let used = 0; used < seconds; ) {
    acts.push(storm(random));
    acts.push({
      name: 'rolling restart',
      faults: [{ kind: 'restart', atMs: 2000, victims: shuffled(random, SERVERS) }],
    });
    used += 45;
  }
  return { clocks, acts };
}

/** Half a minute in which most processes are hit, each by one thing, and connections and clocks besides. */
function storm(random: Random): Act {
  const faults: PlannedFault[] = [];
  const at = (): number => random.integer(0, 20_000);
  for (const victim of shuffled(random, [...SERVERS, 'postgres', 's3'])) {
    const dice = random.next();
    const forgotten = victim.startsWith('worker') || (victim !== 's3' && random.next() < 0.2);
    const forMs = forgotten ? PAST_LEASE_MS + random.integer(0, 5000) : random.integer(500, 9000);
    // PostgreSQL is started again by whoever looks after it, at once.
    const downMs = victim === 'postgres' ? 0 : random.integer(0, 4000);
    if (dice < 0.5) faults.push({ kind: 'kill', victim, atMs: at(), downMs });
    else if (dice < 0.75) faults.push({ kind: 'stop', victim, atMs: random.integer(0, 8000), forMs });
  }
  for (let count = random.integer(2, 5); count > 0; count--)
    faults.push({ kind: 'cut', victim: random.pick(LINKS), atMs: at() });
  for (let count = random.integer(1, 3); count > 0; count--)
    faults.push({ kind: 'hold', victim: random.pick(LINKS), atMs: at(), forMs: random.integer(500, 12_000) });
  faults.push({ kind: 'clock', victim: random.pick(SERVERS), atMs: at(), seconds: wrong(random) });
  return { name: 'storm', faults: faults.toSorted((one, other) => one.atMs - other.atMs) };
}

/** Every kind of fault at least once in little more than a lease, in an order that leaves time to recover. */
export function planShortly(random: Random): FaultPlan {
  const [stopped, killed, other] = shuffled(random, WORKERS) as [string, string, string];
  const [first, second] = shuffled(random, APIS) as [string, string];
  const faults: PlannedFault[] = [
    { kind: 'stop', victim: stopped, atMs: 700, forMs: PAST_LEASE_MS },
    { kind: 'kill', victim: killed, atMs: 1500, downMs: 0 },
    { kind: 'clock', victim: other, atMs: 2000, seconds: wrong(random) },
    { kind: 'cut', victim: `${other} > upstream`, atMs: 3000 },
    { kind: 'cut', victim: `${other} > s3`, atMs: 3500 },
    { kind: 'cut', victim: `${other} > postgres`, atMs: 4000 },
    { kind: 'cut', victim: `${second} > postgres`, atMs: 4500 },
    { kind: 'cut', victim: `clients > ${second}`, atMs: 5000 },
    { kind: 'hold', victim: `${second} > postgres`, atMs: 5500, forMs: 1500 },
    { kind: 'kill', victim: first, atMs: 6000, downMs: 0 },
    { kind: 'kill', victim: 's3', atMs: 7000, downMs: 500 },
    { kind: 'stop', victim: 's3', atMs: 9000, forMs: 800 },
    { kind: 'kill', victim: 'postgres', atMs: 10_000, downMs: 0 },
    { kind: 'stop', victim: 'postgres', atMs: 12_000, forMs: 800 },
    // Not the first, which may still be on its way back.
    { kind: 'restart', victims: [other, second], atMs: 14_000 },
  ];
  return {
    clocks: new Map([
      [killed, wrong(random)],
      [first, wrong(random)],
    ]),
    acts: [{ name: 'everything once', faults }],
  };
}

function shuffled<Value>(random: Random, values: readonly Value[]): Value[] {
  return values
    .map((value) => ({ value, order: random.next() }))
    .toSorted((one, other) => one.order - other.order)
    .map(({ value }) => value);
}
