/** A database that was gone for longer than leases last: nobody is taken for dead who only could not say that they live. */
import { expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { eventually } from './support/database.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';
import { onePicture, untilStopped } from './support/test-worker.ts';

setStage();

/** A way to the database that can be cut. */
function line(db: Database) {
  let cut = false;
  let heartbeats = 0;
  const refused = () => Promise.reject(Object.assign(new Error('gone'), { code: '57P03' }));
  const through: Database = {
    ...db,
    rows(statement, values) {
      if (statement.name === 'worker_heartbeat') heartbeats++;
      return cut ? refused() : db.rows(statement, values);
    },
    row: (statement, values) => (cut ? refused() : db.row(statement, values)),
    transaction: (work) => (cut ? refused() : db.transaction(work)),
  };
  return {
    db: through,
    cut: () => {
      cut = true;
    },
    mend: () => {
      cut = false;
    },
    /** Resolves when the worker has looked after its leases again, whether that worked or not. */
    nextLook: () => {
      const before = heartbeats;
      return eventually(() => heartbeats > before);
    },
  };
}

test('a worker that could not renew its leases keeps its requests when another one is back first', async () => {
  const identity = await addIdentity(database.db);
  const [longer, shorter] = [line(database.db), line(database.db)];
  const started: string[] = [];
  const first = await stage.startWorker(
    (round, context) => {
      started.push(round.id);
      return untilStopped(context);
    },
    { db: longer.db },
  );
  const id = await stage.submit(identity);
  await eventually(() => started.length === 1);
  const second = await stage.startWorker(() => onePicture(), { db: shorter.db });

  longer.cut();
  shorter.cut();
  // Longer than between two looks: they try again every second.
  for (let looks = 0; looks < 9; looks++) await shorter.nextLook();
  await database.peek.rows("update requests set lease_until = now() - interval '1 second' where id = $1", [
    id,
  ]);
  await longer.nextLook();
  shorter.mend();
  await shorter.nextLook();
  longer.mend();
  await longer.nextLook();
  await shorter.nextLook();

  const row = () =>
    database.peek.row('select state, attempts, lease_until > now() as held from requests where id = $1', [
      id,
    ]);
  await eventually(async () => (await row()).held);
  expect(await row()).toEqual({ state: 'running', attempts: 1, held: true });
  // Once its worker is dead indeed, the other one takes it over.
  longer.cut();
  await database.peek.rows("update requests set lease_until = now() - interval '1 second' where id = $1", [
    id,
  ]);
  expect(await stage.untilEnded(identity, id)).toMatchObject({ state: 'completed' });
  await Promise.all([first.stop(0), second.stop(0)]);
}, 60_000);
