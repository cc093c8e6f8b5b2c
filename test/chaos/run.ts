/** One chaos run: a cluster, clients, faults; then rest, and everything that can be seen from outside. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unlessAborted } from '../../src/lib/unless-aborted.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { createClient } from './client.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { collectSpending, collectStored } from './collect-stored.ts';
import { collectRequests, collectUsage } from './collect-wire.ts';
import { perform } from './do-faults.ts';
import { type FaultPlan, planFaults, planShortly } from './fault-plan.ts';
import type { Ledger } from './ledger.ts';
import { type Account, hasEnded, openAccounts, runLoad } from './load.ts';
import { type Item, planLoad } from './load-plan.ts';

export interface ChaosOptions {
  seed: number;
  /** How long faults are made; undefined: the short plan. */
  minutes: number | undefined;
  /** Told what happens, for people. */
  say(line: string): void;
  /** Where to leave what the processes printed. */
  logs?: string | undefined;
  /** Ends it before its time, and all that it has started. */
  signal?: AbortSignal;
}

const SAY_EVERY_MS = 10_000;

const PER_SECOND = 5;
/** Longer than whatever is left of a fault: a lease, a receiver's pause, a request's last retries. */
const REST_MS = 180_000;
const SHORT_LOAD_SECONDS = 20;
/** On a machine that has other things to do. The load ends with the last act. */
const LONGEST_ACT_SECONDS = 60;

export function planRun({ seed, minutes }: Pick<ChaosOptions, 'seed' | 'minutes'>): {
  faults: FaultPlan;
  items: Item[];
} {
  const random: Random = randomFrom(seed);
  const faults = minutes === undefined ? planShortly(random) : planFaults(random, minutes * 60);
  const seconds = minutes === undefined ? SHORT_LOAD_SECONDS : faults.acts.length * LONGEST_ACT_SECONDS;
  return { faults, items: planLoad(random, seconds, PER_SECOND) };
}

type Running = Omit<Ledger, 'requests' | 'money' | 'stored' | 'endedAtMs'>;

/** @throws the signal's reason, with everything ended that was started. */
export async function runChaos(options: ChaosOptions): Promise<Ledger> {
  const { say, seed, signal = new AbortController().signal } = options;
  const plan = planRun(options);
  const startedAtMs = Date.now();
  const ledger: Running = {
    seed,
    startedAtMs,
    faults: [],
    acknowledged: [],
    refused: [],
    unanswered: [],
    calls: [],
    webhooks: [],
    surprises: [],
  };
  const sayWhen = (what: string): void =>
    say(`${((Date.now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${what}`);
  await using cluster = await startCluster(plan.faults.clocks);
  sayWhen('the cluster is ready');
  const progress = setInterval(() => sayWhen(describeNow(ledger)), SAY_EVERY_MS);
  try {
    return await unlessAborted(
      goThrough(cluster, plan, ledger, options.minutes === undefined, sayWhen),
      signal,
    );
  } finally {
    clearInterval(progress);
    if (options.logs !== undefined) await keepLogs(cluster, options.logs);
  }
}

async function keepLogs({ servers }: Cluster, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(servers.map(({ name, output }) => writeFile(join(folder, `${name}.log`), output())));
}

function describeNow({ acknowledged, faults }: Running): string {
  const running = acknowledged.filter(({ states }) => !hasEnded(states)).length;
  const now = faults.filter(({ untilMs }) => untilMs === Number.POSITIVE_INFINITY);
  const what = now.map(({ kind, victim }) => `${kind} ${victim}`).join(', ');
  return `${acknowledged.length} acknowledged, ${running} not ended${what && `; now: ${what}`}`;
}

async function goThrough(
  cluster: Cluster,
  { faults, items }: ReturnType<typeof planRun>,
  ledger: Running,
  hurried: boolean,
  say: (what: string) => void,
): Promise<Ledger> {
  noteClocks(faults.clocks, ledger);
  const over = new AbortController();
  const client = createClient(cluster.apiUrls, (what) => void ledger.surprises.push(what), over.signal);
  const accounts = await openAccounts(cluster, client, items);
  const faultsOver = new AbortController();
  const load = runLoad({ cluster, client, accounts }, items, ledger, faultsOver.signal);
  await perform(cluster, faults.acts, ledger.faults);
  faultsOver.abort();
  say('the faults are over');
  // All that is left comes to its end by itself.
  const patience = setTimeout(() => over.abort(new Error('nobody waits any longer')), REST_MS);
  await load;
  clearTimeout(patience);
  say('all has ended');
  await untilQuiet(cluster, hurried);
  say('nothing is left to do');
  ledger.calls.push(...(await cluster.upstream.calls()));
  ledger.webhooks.push(...cluster.receiver.messages);
  const seen = await collect(cluster, accounts, ledger.surprises);
  for (const { crashes } of cluster.servers) ledger.surprises.push(...crashes);
  return { ...ledger, ...seen, endedAtMs: Date.now() };
}

function noteClocks(clocks: FaultPlan['clocks'], { faults }: Running): void {
  const nowMs = Date.now();
  for (const [victim, seconds] of clocks)
    faults.push({
      kind: 'clock',
      victim,
      fromMs: nowMs,
      untilMs: nowMs,
      detail: `${seconds} s from the start`,
    });
}

/** Waits until nothing is left to do: messages to deliver, slots of the dead to free. Gives up where nobody would wait longer. */
async function untilQuiet({ postgres: { peek } }: Cluster, hurried: boolean): Promise<void> {
  const giveUpAtMs = Date.now() + REST_MS;
  while (Date.now() < giveUpAtMs) {
    const { waiting } = await peek.row<{ waiting: number }>(
      `select (select count(*) from webhook_outbox) + (select count(*) from webhook_deliveries where state = 'pending')
              + (select count(*) from backend_calls) as waiting`,
    );
    if (waiting === 0) return;
    // A dead process keeps its receivers for half a minute, which a test need not sit out.
    if (hurried) {
      await peek.rows(
        `update webhook_receivers set lease_until = now(), paused_until = null where lease_until is not null or paused_until is not null`,
      );
      await peek.rows(`update webhook_deliveries set next_attempt_at = now() where state = 'pending'`);
    }
    await sleep(500);
  }
}

async function collect(
  cluster: Cluster,
  accounts: ReadonlyMap<string, Account>,
  surprises: string[],
): Promise<Pick<Ledger, 'requests' | 'money' | 'stored'>> {
  const client = createClient(cluster.apiUrls, (what) => surprises.push(what), AbortSignal.timeout(REST_MS));
  const { peek } = cluster.postgres;
  const all = [...accounts.values()];
  const requests = await Promise.all(all.map((account) => collectRequests(client, account)));
  const money = await Promise.all(
    all.map(async (account) => ({
      account: account.name,
      budget: account.budget,
      usage: await collectUsage(client, account),
      ...(await collectSpending(peek, account)),
    })),
  );
  return { requests: requests.flat(), money, stored: await collectStored(peek, cluster.bucket) };
}
