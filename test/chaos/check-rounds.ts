/** No round is called twice but for a reason, and every picture that was paid for is one output. */
import type { Broken } from './check.ts';
import type { Ledger, UpstreamCall } from './ledger.ts';
import { UPSTREAM_CONCURRENCY } from './limits.ts';
import { wasAboutTo, whyAgain } from './timeline.ts';

export interface RepeatedRound {
  token: string;
  seed: number;
  /** Who called, in their order. */
  workers: string[];
  /** Why each call but the last was not enough. */
  reasons: string[];
}

export function checkRounds(ledger: Ledger, broken: Broken): RepeatedRound[] {
  const repeated = checkRepeats(ledger, broken);
  checkOutputs(ledger, broken);
  checkCancelled(ledger, broken);
  checkConcurrency(ledger, broken);
  return repeated;
}

const roundOf = ({ token, seed }: { token: string; seed: number }): string => `${token}/${seed}`;

function checkRepeats({ calls, faults }: Ledger, broken: Broken): RepeatedRound[] {
  const repeated: RepeatedRound[] = [];
  for (const [round, all] of Map.groupBy(calls, roundOf)) {
    const inOrder = all.toSorted((one, other) => one.beganAtMs - other.beganAtMs);
    if (inOrder.length === 1) continue;
    const reasons = inOrder.slice(0, -1).map((call, index) => {
      const late = wasAboutTo(inOrder[index + 1]!, faults);
      return whyAgain(call, faults) ?? (late ? 'a worker that stood still was about to call it' : 'none');
    });
    if (reasons.includes('none'))
      broken(
        'no round is called twice without a reason',
        `${round}: ${inOrder.map((call) => `call ${call.number} ${describe(call)}`).join('; then ')}; reasons: ${reasons.join(', ')}`,
      );
    const { token, seed } = inOrder[0]!;
    repeated.push({ token, seed, workers: inOrder.map(({ worker }) => worker), reasons });
  }
  return repeated;
}

const describe = ({ worker, beganAtMs, endedAtMs, whole, answer }: UpstreamCall): string =>
  `by ${worker} at ${time(beganAtMs)} until ${endedAtMs === null ? '(open)' : time(endedAtMs)}, ${answer}, ${whole ? 'whole' : 'broken off'}`;

const time = (ms: number): string => new Date(ms).toISOString().slice(11, 23);

/** Each output is what its round was answered with, and no two are of one call. */
function checkOutputs(ledger: Ledger, broken: Broken): void {
  const calls = new Map(ledger.calls.map((call) => [call.number, call]));
  const used = new Map<number, string>();
  for (const { id, token, outputs, status } of ledger.requests) {
    if (status !== 'completed' && outputs.length > 0)
      broken('only what is completed has outputs', `${id} is ${status} and has ${outputs.length}`);
    for (const { mark, seed, problem } of outputs) {
      if (mark === null) {
        broken('no output is lost', `${id}: ${problem}`);
        continue;
      }
      const call = calls.get(mark);
      if (!call || roundOf(call) !== roundOf({ token, seed }))
        broken(
          'an output is what its round gave',
          `${id}, ${token}/${seed} shows call ${mark}, which was of ${call ? roundOf(call) : 'nobody'}`,
        );
      if (used.has(mark)) broken('no output is there twice', `call ${mark} in ${used.get(mark)} and ${id}`);
      used.set(mark, id);
    }
  }
  checkPaid(ledger, used, broken);
}

/** What was answered to its end is an output; or there was a reason to call again, or to give up. */
function checkPaid(ledger: Ledger, used: ReadonlyMap<number, string>, broken: Broken): void {
  const kept = new Set(ledger.calls.filter(({ number }) => used.has(number)).map(roundOf));
  for (const call of ledger.calls) {
    if (call.answer !== 'picture' || !call.whole || kept.has(roundOf(call))) continue;
    if (whyAgain(call, ledger.faults) === undefined)
      broken('no output is lost', `call ${call.number} of ${roundOf(call)} was answered, and is no output`);
  }
}

function checkCancelled(ledger: Ledger, broken: Broken): void {
  const called = new Set(ledger.calls.map(({ token }) => token));
  const alone = Map.groupBy(ledger.requests, ({ token }) => token);
  for (const { id, token, status } of ledger.requests)
    if (status === 'cancelled' && called.has(token) && alone.get(token)!.length === 1)
      broken('what was cancelled never starts', `${id} (${token}) was called`);
}

/** How late the upstream may learn that its answer has left. */
const SLACK_MS = 200;

/** Over all workers no more calls at once than allowed; those of a worker that lost its leases meanwhile do not count. */
function checkConcurrency({ calls, faults }: Ledger, broken: Broken): void {
  const counted = calls.filter((call) => whyAgain({ ...call, answer: 'picture' }, faults) === undefined);
  const steps = counted
    .flatMap(({ beganAtMs, endedAtMs }) => [
      { atMs: beganAtMs, by: 1 },
      { atMs: Math.max(beganAtMs, (endedAtMs ?? Number.POSITIVE_INFINITY) - SLACK_MS), by: -1 },
    ])
    .toSorted((one, other) => one.atMs - other.atMs || one.by - other.by);
  let running = 0;
  let most = 0;
  for (const { by } of steps) {
    running += by;
    most = Math.max(most, running);
  }
  if (most > UPSTREAM_CONCURRENCY)
    broken('limits of a backend hold', `${most} calls at once instead of ${UPSTREAM_CONCURRENCY}`);
}
