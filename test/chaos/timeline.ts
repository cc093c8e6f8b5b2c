/** When what was disturbed: says whether a call that was made twice had a reason. */
import type { Fault, UpstreamCall } from './ledger.ts';

/** Renewed every 5 s for 20 s: after less than this in silence nobody has lost a lease. */
const LEASE_MAY_BE_LOST_MS = 15_000 - 1000;
/**
 * From the upstream's last byte until the picture is stored and recorded, on a busy machine; and from the end of what stood in the
 * way until the next try.
 */
const KEEPING_MS = 8000;
/** How late the upstream may notice that a call has come, or that its connection is broken. */
const NOTICED_MS = 2000;

const overlap = (fault: Fault, fromMs: number, untilMs: number): boolean =>
  fault.fromMs <= untilMs && fault.untilMs >= fromMs;

/** The moment by which what `call` gave must be safe, unless its worker dies before. */
function keptBy(call: UpstreamCall, faults: readonly Fault[]): number {
  const places = ['postgres', 's3', `${call.worker} > postgres`, `${call.worker} > s3`];
  const inTheWay = faults.filter(
    ({ kind, victim }) => kind !== 'clock' && (places.includes(victim) || victim === call.worker),
  );
  let untilMs = (call.endedAtMs ?? Number.POSITIVE_INFINITY) + KEEPING_MS;
  for (let before = 0; before !== untilMs; ) {
    before = untilMs;
    for (const fault of inTheWay)
      if (overlap(fault, call.beganAtMs, untilMs)) untilMs = Math.max(untilMs, fault.untilMs + KEEPING_MS);
  }
  return untilMs;
}

/** Why the round of `call` had to be called again; undefined: there is no reason. */
export function whyAgain(call: UpstreamCall, faults: readonly Fault[]): string | undefined {
  if (call.answer === 'refused') return 'the upstream refused the call before';
  const { worker, beganAtMs, endedAtMs } = call;
  const keptByMs = keptBy(call, faults);
  const during = (
    victim: string,
    kinds: Fault['kind'][],
    untilMs = keptByMs,
    leastMs = 0,
  ): Fault | undefined =>
    faults.find(
      (fault) =>
        fault.victim === victim &&
        kinds.includes(fault.kind) &&
        fault.untilMs - fault.fromMs >= leastMs &&
        overlap(fault, beganAtMs - NOTICED_MS, untilMs),
    );
  if (during(worker, ['kill'])) return 'its worker was killed';
  if (during(worker, ['stop'], keptByMs, LEASE_MAY_BE_LOST_MS))
    return 'its worker stood still past its lease';
  if (during(`${worker} > postgres`, ['hold'], keptByMs, LEASE_MAY_BE_LOST_MS))
    return 'its worker could not renew its lease';
  const answeredMs = (endedAtMs ?? Number.POSITIVE_INFINITY) + NOTICED_MS;
  if (during(`${worker} > upstream`, ['cut', 'hold'], answeredMs))
    return 'the connection to the upstream broke';
  return undefined;
}

/** Whether `call` was about to be made when its worker stood still past its lease: nobody knows before the other end whether it came. */
export const wasAboutTo = ({ worker, beganAtMs }: UpstreamCall, faults: readonly Fault[]): boolean =>
  faults.some(
    ({ kind, victim, fromMs, untilMs }) =>
      kind === 'stop' &&
      victim === worker &&
      untilMs - fromMs >= LEASE_MAY_BE_LOST_MS &&
      untilMs <= beganAtMs &&
      untilMs >= beganAtMs - NOTICED_MS,
  );

/** How often the runs of a request between two moments may have been lost with their worker. */
export const lossesBetween = (faults: readonly Fault[], fromMs: number, untilMs: number): number =>
  faults.filter(
    ({ kind, victim, ...fault }) =>
      victim.startsWith('worker') &&
      (kind === 'kill' || kind === 'stop' || (kind === 'hold' && victim.endsWith('postgres'))) &&
      overlap({ kind, victim, ...fault }, fromMs, untilMs),
  ).length;

/** Whether the upstream could not be reached by some worker between two moments. */
export const upstreamWasCut = (faults: readonly Fault[], fromMs: number, untilMs: number): boolean =>
  faults.some((fault) => fault.victim.endsWith('> upstream') && overlap(fault, fromMs, untilMs));
