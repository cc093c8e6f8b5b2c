/** A chaos run in words. */
import type { Verdict } from './check.ts';
import type { Act, PlannedFault } from './fault-plan.ts';
import type { Fault, Ledger } from './ledger.ts';

/** What is going to be done, before it is. */
export const describePlan = (acts: readonly Act[]): string =>
  acts
    .map(({ name, faults }) => `${name}\n${faults.map((fault) => `  ${describePlanned(fault)}`).join('\n')}`)
    .join('\n');

function describePlanned(fault: PlannedFault): string {
  const at = `${(fault.atMs / 1000).toFixed(1).padStart(5)} s  ${fault.kind.padEnd(8)}`;
  switch (fault.kind) {
    case 'kill':
      return `${at}${fault.victim}, down for ${fault.downMs} ms and its start`;
    case 'stop':
    case 'hold':
      return `${at}${fault.victim} for ${fault.forMs} ms`;
    case 'cut':
      return `${at}${fault.victim}`;
    case 'clock':
      return `${at}${fault.victim} is wrong by ${fault.seconds} s`;
    case 'restart':
      return `${at}${fault.victims.join(', then ')}`;
  }
}

const KINDS: Readonly<Record<Fault['kind'], string>> = {
  kill: 'killed (SIGKILL)',
  stop: 'stood still (SIGSTOP)',
  cut: 'connections cut',
  hold: 'connections held',
  clock: 'clocks set wrong',
  restart: 'restarted (SIGTERM)',
};

/** What happened, what was counted, and what was not as promised. */
export function describeRun(ledger: Ledger, { findings, repeated, givenUp }: Verdict): string {
  const { acknowledged, calls, requests, faults } = ledger;
  const ended = (status: string): number => requests.filter((request) => request.status === status).length;
  const repeatedly = acknowledged.filter(({ unanswered }) => unanswered > 0);
  const lines = [
    `chaos, seed ${ledger.seed}, ${Math.round((ledger.endedAtMs - ledger.startedAtMs) / 1000)} s`,
    '',
    'faults',
    ...Object.entries(KINDS).map(([kind, name]) => {
      const of = faults.filter((fault) => fault.kind === kind);
      return row(name, of.length, counted(of.map(({ victim }) => victim)));
    }),
    '',
    'requests',
    row('acknowledged', acknowledged.length),
    row(
      '  after answers were lost',
      repeatedly.length,
      `${sum(repeatedly.map(({ unanswered }) => unanswered))} answers; sent again under an Idempotency-Key: ${repeatedly.filter(({ item }) => item.keyed).length}`,
    ),
    row(
      'never acknowledged, made',
      requests.length - acknowledged.length,
      'their answers were lost, and they had no key',
    ),
    row('refused for want of money', ledger.refused.length),
    row('completed', ended('completed')),
    row('failed', ended('failed'), counted(requests.flatMap(({ error }) => error ?? []))),
    row('cancelled', ended('cancelled')),
    row('given up for a reason', givenUp.length, counted(givenUp.map(({ why }) => why))),
    '',
    'the upstream',
    row('calls', calls.length, counted(calls.map(({ answer }) => answer))),
    row('outputs, each looked at', sum(requests.map(({ outputs }) => outputs.length))),
    row('rounds called again', repeated.length, counted(repeated.flatMap(({ reasons }) => reasons))),
    '',
    'others',
    row(
      'webhooks received',
      ledger.webhooks.length,
      `${new Set(ledger.webhooks.map(({ id }) => id)).size} messages`,
    ),
    row('files', ledger.stored.files.length, `${ledger.stored.objects.length} objects in the bucket`),
    ...ledger.money
      .filter(({ budget }) => budget !== null)
      .map(({ account, budget, usage }) =>
        row(`spent, ${account}`, usage.cost / 1e6, `of ${budget! / 1e6} USD`),
      ),
    '',
    findings.length === 0 ? 'everything was kept' : `NOT KEPT: ${findings.length}`,
    ...[...Map.groupBy(findings, ({ promise }) => promise)].flatMap(([promise, broken]) => [
      `✗ ${promise} (${broken.length})`,
      ...broken.slice(0, SHOWN).map(({ what }) => `    ${what}`),
      ...(broken.length > SHOWN ? [`    and ${broken.length - SHOWN} more`] : []),
    ]),
  ];
  return lines.join('\n');
}

const SHOWN = 12;

const row = (name: string, value: number, more = ''): string =>
  `  ${name.padEnd(28)}${String(value).padStart(7)}${more && `   ${more}`}`;

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

/** `worker-1 3, api-2 1`, the most frequent first. */
function counted(words: string[]): string {
  return [...Map.groupBy(words, (word) => word)]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([word, all]) => `${word} ${all.length}`)
    .join(', ');
}
