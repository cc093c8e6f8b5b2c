/** Lanes and spending are kept in the same transactions as every move: after any traffic they say what the rows say. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Identity } from '../src/accounts/authenticate.ts';
import { type Database, openDatabase } from '../src/db/database.ts';
import { openNotifications } from '../src/db/notifications.ts';
import { cancelRequest } from '../src/requests/cancel.ts';
import { claimRequest, giveBackRequest } from '../src/requests/claim.ts';
import { endRequest } from '../src/requests/end.ts';
import { createReadStatus } from '../src/requests/read-status.ts';
import { beginRound, recordRendered } from '../src/requests/rounds.ts';
import { createStatusMemory } from '../src/requests/status-memory.ts';
import type { Submission } from '../src/requests/submission.ts';
import { createSubmit } from '../src/requests/submit.ts';
import { submissionOf } from './support/submission.ts';
import { addIdentity, silent, startTestDatabase, type TestDatabase } from './support/test-database.ts';

const POOLS = ['left', 'right'];

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const submission = (identity: Identity, change: Partial<Submission> = {}): Submission =>
  submissionOf(identity, 'left', { reserve: 100, ...change });

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!;

/** Submits, cancels, claims, gives back and ends, as one process would, until nothing is left. */
async function traffic(db: Database, identities: Identity[]): Promise<void> {
  await using notifications = await openNotifications(db, silent);
  const submit = createSubmit(db, notifications);
  const submitting = Promise.all(
    Array.from({ length: 300 }, async () => {
      const identity = pick(identities);
      const { requestId } = await submit(submission(identity, { pool: pick(POOLS) })).catch((error) => {
        if (error.status !== 402 && error.status !== 429) throw error;
        return { requestId: undefined };
      });
      if (requestId && Math.random() < 0.3)
        await cancelRequest(db, notifications, identity.accountId, requestId);
    }),
  );
  let submitted = false;
  const run = async (): Promise<void> => {
    for (;;) {
      const all = submitted;
      const claimed = await claimRequest(db, pick(POOLS), crypto.randomUUID(), 60_000);
      if (!claimed) {
        if (all && (await database.peek.row('select sum(queued)::int as left from lanes')).left === 0) return;
        continue;
      }
      if (Math.random() < 0.2) {
        await giveBackRequest(db, claimed);
        continue;
      }
      await beginRound(db, claimed, { index: 0, seed: 1, backend: 'a test', anew: false });
      await recordRendered(db, claimed, { index: 0, cost: 70, adjustments: [] }, []);
      await endRequest(db, notifications, claimed, {
        state: 'failed',
        failure: null,
        warnings: [],
        adjustments: [],
        backend: 'a test',
      });
    }
  };
  const running = Promise.all([run(), run(), run()]);
  await submitting;
  submitted = true;
  await running;
}

test('after any traffic of two processes nothing is queued, running or reserved, and what was spent is what it cost', async () => {
  const { db, peek, target } = database;
  const repeated: string[] = [];
  const log = pino({ base: null }, { write: (line) => void repeated.push(line) });
  await using one = openDatabase(target, { maxConnections: 10, log });
  await using other = openDatabase(target, { maxConnections: 10, log });
  const identities = [
    await addIdentity(db),
    await addIdentity(db, { maxQueued: 20 }),
    await addIdentity(db, { monthlyBudget: 9_000 }),
    await addIdentity(db, { keyBudget: 8_000 }),
  ];
  await Promise.all([one, other].map((process) => traffic(process, identities)));

  expect(await peek.rows('select * from lanes where queued <> 0 or running <> 0')).toEqual([]);
  expect(await peek.rows('select * from lanes where enqueued <> departed')).toEqual([]);
  expect(await peek.rows('select * from spending where reserved <> 0')).toEqual([]);
  const spent = await peek.rows(
    `select s.owner_id from spending s
      where s.spent <> (select coalesce(sum(u.cost), 0) from usage u where s.owner_id in (u.account_id, u.key_id))`,
  );
  expect(spent).toEqual([]);
  const days = `select account_id, day, key_id, model_id, requests, completed, failed, cancelled, outputs, cost`;
  const counted = `select account_id, ended_at::date as day, key_id, model_id, count(*) as requests,
           count(*) filter (where outcome = 'completed') as completed, count(*) filter (where outcome = 'failed') as failed,
           count(*) filter (where outcome = 'cancelled') as cancelled, sum(outputs) as outputs, sum(cost) as cost
      from usage group by 1, 2, 3, 4`;
  const difference = `(${counted} except ${days} from usage_by_day) union all (${days} from usage_by_day except ${counted})`;
  expect(await peek.rows(difference)).toEqual([]);
  expect(await peek.rows('select id from requests where id not in (select request_id from usage)')).toEqual(
    [],
  );
  // Each deadlock is tried again, a second later.
  expect(repeated).toEqual([]);
}, 120_000);

test('a budget is spent to its last cent and no further by two processes at once', async () => {
  const { db, peek, target } = database;
  await using other = openDatabase(target, { maxConnections: 10, log: silent });
  await using notifications = await openNotifications(db, silent);
  const identity = await addIdentity(db, { monthlyBudget: 5_050 });
  const processes = [createSubmit(db, notifications), createSubmit(other, notifications)];
  const answers = await Promise.allSettled(
    Array.from({ length: 200 }, (_, count) => processes[count % 2]!(submission(identity))),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
  expect(
    await peek.row('select reserved::int, spent::int from spending where owner_id = $1', [
      identity.accountId,
    ]),
  ).toEqual({ reserved: 5_000, spent: 0 });
});

test('a position counts those before it, whoever was cancelled around it', async () => {
  const { db } = database;
  await using notifications = await openNotifications(db, silent);
  const submit = createSubmit(db, notifications);
  const readStatus = createReadStatus(db);
  using memory = createStatusMemory(notifications, { alone: true });
  const remember = createReadStatus(db, memory);
  const identity = await addIdentity(db);
  let waiting: string[] = [];
  for (let step = 0; step < 300; step++) {
    const move = Math.random();
    if (waiting.length < 3 || move < 0.5) {
      waiting.push((await submit(submission(identity, { pool: 'positions' }))).requestId);
    } else if (move < 0.8) {
      const cancelled = pick(waiting);
      await cancelRequest(db, notifications, identity.accountId, cancelled);
      waiting = waiting.filter((id) => id !== cancelled);
    } else {
      const claimed = await claimRequest(db, 'positions', crypto.randomUUID(), 60_000);
      if (claimed) {
        notifications.publish('requests', [claimed.id]);
        expect(claimed.id).toBe(waiting.shift());
        if (Math.random() < 0.7)
          await endRequest(db, notifications, claimed, {
            state: 'failed',
            failure: null,
            warnings: [],
            adjustments: [],
            backend: null,
          });
      }
    }
    const positions = await Promise.all(waiting.map(async (id) => (await readStatus(id))!.ahead));
    expect(positions).toEqual(waiting.map((_, index) => index));
    expect(await Promise.all(waiting.map(async (id) => (await remember(id))!.ahead))).toEqual(positions);
  }
}, 60_000);

test('what a request cost counts in the month it was submitted in, where it was reserved', async () => {
  const { db, peek } = database;
  await using notifications = await openNotifications(db, silent);
  const identity = await addIdentity(db);
  const { requestId } = await createSubmit(db, notifications)(submission(identity, { pool: 'months' }));
  await peek.rows("update requests set created_at = created_at - interval '1 month' where id = $1", [
    requestId,
  ]);
  await peek.rows("update spending set month = (month - interval '1 month')::date where owner_id = any($1)", [
    [identity.accountId, identity.keyId],
  ]);
  const claimed = (await claimRequest(db, 'months', crypto.randomUUID(), 60_000))!;
  await beginRound(db, claimed, { index: 0, seed: 1, backend: 'a test', anew: false });
  await recordRendered(db, claimed, { index: 0, cost: 70, adjustments: [] }, []);
  await endRequest(db, notifications, claimed, {
    state: 'failed',
    failure: null,
    warnings: [],
    adjustments: [],
    backend: null,
  });
  const rows = await peek.rows(
    "select reserved::int, spent::int, month < date_trunc('month', now()) as before from spending where owner_id = any($1)",
    [[identity.accountId, identity.keyId]],
  );
  expect(rows).toEqual([
    { reserved: 0, spent: 70, before: true },
    { reserved: 0, spent: 70, before: true },
  ]);
});
