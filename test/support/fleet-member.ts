/** One of many processes that do the same thing at the same moment, each on a connection of its own. See fleet.ts. */
import { flushCompileCache } from 'node:module';
import { pino } from 'pino';
import type { Identity } from '../../src/accounts/authenticate.ts';
import { createSharedRateLimit } from '../../src/accounts/shared-rate-limit.ts';
import type { BackendLimits } from '../../src/backends/routing.ts';
import type { ConnectionTarget } from '../../src/db/connection.ts';
import { openDatabase, statement } from '../../src/db/database.ts';
import type { Notifications } from '../../src/db/notifications.ts';
import { admit } from '../../src/requests/admit.ts';
import { createBackendSlots } from '../../src/requests/backend-slots.ts';
import { type ClaimedRequest, claimRequest, hasClaimable } from '../../src/requests/claim.ts';
import type { Submission } from '../../src/requests/submission.ts';
import { createSubmit } from '../../src/requests/submit.ts';
import { submissionOf } from './submission.ts';

interface Order {
  identity: Identity;
  pool: string;
  reserve: number;
}

export type Task =
  /** So many submits at once; the answer counts their statuses. */
  | ({ kind: 'submit'; times: number } & Order)
  /** Claims until there is nothing to claim; the answer counts what it got. */
  | { kind: 'claim'; pool: string }
  /** So many calls of a key one after the other; the answer counts those that were allowed. */
  | { kind: 'call'; times: number; perMinute: number; identity: Identity }
  /** One call of a backend; the answer is how many were under way with it, or 0 where it did not start in time. */
  | {
      kind: 'use backend';
      backend: string;
      limits: BackendLimits;
      claimed: ClaimedRequest;
      patienceMs: number;
    }
  /** Goes as far as having submitted in a transaction that it does not end. */
  | ({ kind: 'stand still' } & Order);

const target = JSON.parse(process.env.DATABASE!) as ConnectionTarget;
const db = openDatabase(target, { maxConnections: 1, log: pino({ level: 'silent' }) });
/** Nobody waits for what is done here. */
const notifications = { publish() {}, subscribe: () => () => {} } as Partial<Notifications> as Notifications;

const submission = ({ identity, pool, reserve }: Order): Submission =>
  submissionOf(identity, pool, { reserve });

async function submitAll(task: Task & { kind: 'submit' }): Promise<Record<string, number>> {
  const submit = createSubmit(db, notifications);
  const answers = await Promise.allSettled(
    Array.from({ length: task.times }, () => submit(submission(task))),
  );
  const statuses = answers.map((answer) =>
    answer.status === 'fulfilled' ? 200 : (answer.reason.status ?? 500),
  );
  return Object.fromEntries(
    Map.groupBy(statuses, String)
      .entries()
      .map(([status, all]) => [status, all.length]),
  );
}

async function claimAll(pool: string): Promise<number> {
  for (let claimed = 0; ; ) {
    if (await claimRequest(db, pool, crypto.randomUUID(), 60_000)) claimed++;
    else if (!(await hasClaimable(db, pool))) return claimed;
  }
}

async function callAll({ times, perMinute, identity }: Task & { kind: 'call' }): Promise<number> {
  const limit = createSharedRateLimit(db, perMinute);
  let allowed = 0;
  for (let call = 0; call < times; call++) {
    try {
      await limit(identity);
      allowed++;
    } catch (error) {
      if ((error as { status?: number }).status !== 429) throw error;
    }
  }
  return allowed;
}

const enter = statement<{ inside: number }>(
  'test_enter',
  `insert into inside select $1 where pg_advisory_xact_lock(1) is not null returning (select count(*)::int + 1 from inside) as inside`,
);
const leave = statement('test_leave', 'delete from inside where call = $1');

async function useBackend(task: Task & { kind: 'use backend' }): Promise<number> {
  const slots = createBackendSlots(db, new Map([[task.backend, task.limits]]));
  const patience = AbortSignal.timeout(task.patienceMs);
  try {
    return await slots.inSlot(task.backend, task.claimed, patience, async () => {
      const call = crypto.randomUUID();
      const { inside } = (await db.row(enter, [call]))!;
      await db.rows(leave, [call]);
      return inside;
    });
  } catch (error) {
    if (patience.aborted) return 0;
    throw error;
  }
}

async function standStill(task: Task & { kind: 'stand still' }): Promise<never> {
  return db.transaction(async (tx) => {
    await admit(tx, [submission(task)]);
    process.send!('standing');
    return new Promise<never>(() => {});
  });
}

async function perform(task: Task): Promise<unknown> {
  switch (task.kind) {
    case 'submit':
      return submitAll(task);
    case 'claim':
      return claimAll(task.pool);
    case 'call':
      return callAll(task);
    case 'use backend':
      return useBackend(task);
    case 'stand still':
      return standStill(task);
  }
}

process.on('message', (task: Task) => {
  perform(task).then(
    (result) => process.send!({ result }),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());
// Connected before it is ready, so that nothing but the task is left to do.
await db.row(statement('test_ready', 'select 1'));
// For those that start after it.
flushCompileCache();
process.send!('ready');
