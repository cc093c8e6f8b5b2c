/** Every acknowledged request is there, and ended exactly once, as it had to. */
import type { Broken } from './check.ts';
import type { Acknowledged, Ledger, SeenRequest } from './ledger.ts';
import { lossesBetween, upstreamWasCut } from './timeline.ts';

/** Runs of a request that may be lost before it is given up. */
const RUNS = 3;

/** @returns those that were given up for a reason. */
export function checkRequests(ledger: Ledger, broken: Broken): { id: string; why: string }[] {
  const seen = new Map<string, SeenRequest>();
  for (const request of ledger.requests) {
    if (seen.has(request.id)) broken('a request is one', `${request.id} stands twice in the history`);
    seen.set(request.id, request);
  }
  checkNumbers(ledger, broken);
  checkRows(ledger, seen, broken);
  const givenUp: { id: string; why: string }[] = [];
  for (const acknowledged of ledger.acknowledged) {
    const { requestId, item, otherIds } = acknowledged;
    const name = `${requestId} (${item.token})`;
    for (const id of otherIds)
      broken('an Idempotency-Key names one request', `${name} was also answered with ${id}`);
    const request = seen.get(requestId);
    if (!request) broken('what was acknowledged is not lost', `${name} is not in the history`);
    else {
      checkStates(acknowledged, request, name, broken);
      const why = checkEnd(ledger, acknowledged, request, broken);
      if (why !== undefined) givenUp.push({ id: requestId, why });
    }
  }
  return givenUp;
}

/** No more requests than may have been made of what was sent. */
function checkNumbers(ledger: Ledger, broken: Broken): void {
  const may = new Map<string, number>();
  const keyed = new Set<string>();
  for (const { item, unanswered } of ledger.acknowledged) {
    may.set(item.token, item.keyed ? 1 : 1 + unanswered);
    if (item.keyed) keyed.add(item.token);
  }
  for (const { token, sends } of ledger.unanswered) may.set(token, (may.get(token) ?? 0) + sends);
  for (const [token, requests] of Map.groupBy(ledger.requests, (request) => request.token)) {
    const most = may.get(token) ?? 0;
    if (requests.length > most)
      broken('a submit makes one request', `${token}: ${requests.length} requests of at most ${most}`);
  }
  const byKey = new Map(ledger.stored.idempotencyKeys.map(({ key, requestId }) => [key, requestId]));
  for (const { item, requestId } of ledger.acknowledged)
    if (item.keyed && byKey.get(item.token) !== requestId)
      broken(
        'an Idempotency-Key names one request',
        `${item.token} names ${byKey.get(item.token)}, not ${requestId}`,
      );
}

const ENDS = ['completed', 'failed', 'cancelled'];

/** The rows tell the same as the wire, and of each end once. */
function checkRows(ledger: Ledger, seen: ReadonlyMap<string, SeenRequest>, broken: Broken): void {
  const rows = new Map(ledger.stored.requests.map((row) => [row.id, row]));
  for (const { id } of rows.values())
    if (!seen.has(id)) broken('what is stored is shown', `${id} is in the database and not in the history`);
  for (const request of seen.values()) {
    const row = rows.get(request.id);
    if (!row) {
      broken('what is shown is stored', `${request.id} is not in the database`);
      continue;
    }
    if (!ENDS.includes(request.status)) broken('every request ends', `${request.id} is ${request.status}`);
    else if (row.usage !== 1)
      broken('every request ends once', `${request.id} stands ${row.usage} times in the usage`);
    if (row.state !== request.status || (row.usageOutcome !== null && row.usageOutcome !== row.state))
      broken(
        'rows and answers agree',
        `${request.id} is ${row.state}, shown as ${request.status}, used as ${row.usageOutcome}`,
      );
    if (row.cost !== request.cost || (row.usageCost !== null && row.usageCost !== row.cost))
      broken(
        'rows and answers agree',
        `${request.id} costs ${row.cost}, shown as ${request.cost}, used as ${row.usageCost}`,
      );
  }
  for (const lane of ledger.stored.lanesAtWork) broken('queues are empty in the end', lane);
}

const RANK: Readonly<Record<string, number>> = { in_queue: 0, in_progress: 1, completed: 2, cancelled: 2 };

/** A state never goes back, and the end that was seen is the end. */
function checkStates(
  { states, cancel }: Acknowledged,
  request: SeenRequest,
  name: string,
  broken: Broken,
): void {
  const ranks = states.map((state) => RANK[state] ?? Number.NaN);
  if (ranks.some((rank, index) => !(rank > (ranks[index - 1] ?? -1))))
    broken('a state never goes back', `${name} was ${states.join(', then ')}`);
  const last = states.at(-1);
  const end = request.status === 'failed' ? 'completed' : request.status;
  if (last !== end) broken('an end is the end', `${name} was ${last}, and is ${request.status}`);
  if ((cancel === 'cancelled') !== (request.status === 'cancelled'))
    broken(
      'a cancel has one winner',
      `${name}: the cancel was answered ${cancel ?? '(none sent)'}, it is ${request.status}`,
    );
}

/** What it had to come to, unless something happened to it. @returns what, where it was given up for a reason. */
function checkEnd(
  ledger: Ledger,
  { item }: Acknowledged,
  request: SeenRequest,
  broken: Broken,
): string | undefined {
  if (request.status === 'cancelled') return undefined;
  const wanted = item.blocked
    ? 'failed with content_blocked'
    : `completed with ${item.images} of ${item.images}`;
  const came =
    request.status === 'completed'
      ? `completed with ${request.outputs.length} of ${item.images}`
      : `${request.status} with ${request.error}`;
  if (came === wanted && request.warnings.length === 0) return undefined;
  const { createdAtMs, endedAtMs } = request;
  const untilMs = endedAtMs ?? Number.POSITIVE_INFINITY;
  const said = [request.error ?? '', ...request.warnings].join(' ');
  const losses = lossesBetween(ledger.faults, createdAtMs, untilMs);
  if (losses >= RUNS && /worker_lost|process that ran this request stopped/.test(said)) return said;
  if (upstreamWasCut(ledger.faults, createdAtMs, untilMs) && /backend_unavailable|backend/i.test(said))
    return said;
  broken(
    'a request ends as it must',
    `${request.id} (${item.token}) was to be ${wanted}, and is ${came}. ${said}`,
  );
  return undefined;
}
