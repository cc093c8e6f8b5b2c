/** Requests that wait for a backend which is no longer configured anywhere. */
import { beforeAll, expect, test } from 'vitest';
import type { Identity } from '../src/accounts/authenticate.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity } from './support/test-database.ts';
import { onePicture, POOL } from './support/test-worker.ts';

setStage();
let identity: Identity;

beforeAll(async () => {
  identity = await addIdentity(database.db);
});

test('they are ended, with what to do, once nobody has served their pool for a while', async () => {
  const ids = [
    await stage.submit(identity, { pool: 'gone', reserve: 500 }),
    await stage.submit(identity, { pool: 'gone' }),
  ];
  const worker = await stage.startWorker(() => onePicture(), { unservedGraceMs: 0 });
  try {
    for (const id of ids) {
      const result = (await stage.untilEnded(identity, id))!;
      expect(result.state).toBe('failed');
      expect(result.failure).toMatchObject({ code: 'backend_unavailable', retryable: true });
    }
    expect(await database.peek.rows('select queued, running from lanes where pool = $1', ['gone'])).toEqual([
      { queued: 0, running: 0 },
    ]);
    expect(await database.peek.rows('select sum(reserved)::int as reserved from spending')).toEqual([
      { reserved: 0 },
    ]);
  } finally {
    await worker.stop(1000);
  }
});

test('they wait while that while is not over, and while another worker serves their pool', async () => {
  const waiting = await stage.submit(identity, { pool: 'elsewhere' });
  const served = await stage.submit(identity, { pool: 'served' });
  await database.peek.rows(
    `insert into workers (id, description, concurrency, pools) values (gen_random_uuid(), 'another', 1, '{served}')`,
  );
  const patient = await stage.startWorker(() => onePicture());
  const hasty = await stage.startWorker(() => onePicture(), {
    unservedGraceMs: 0,
    pools: [POOL, 'spare'],
  });
  try {
    // The hasty one ends what nobody serves, and has looked at the served one by then.
    expect((await stage.untilEnded(identity, waiting))!.state).toBe('failed');
    expect(await database.peek.rows('select state from requests where id = $1', [served])).toEqual([
      { state: 'queued' },
    ]);
  } finally {
    await patient.stop(1000);
    await hasty.stop(1000);
  }
});
