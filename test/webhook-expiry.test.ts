/** Records of deliveries expire, and who is left with none and no longer used goes with them. */
import { expect, test } from 'vitest';
import { uuidv7 } from '../src/lib/ids.ts';
import { createSecretBox } from '../src/lib/secret-box.ts';
import { removeOldDeliveries, removeOldWebhooks } from '../src/webhooks/remove.ts';
import { createWebhook, removeWebhook } from '../src/webhooks/webhooks.ts';
import { addIdentity, startTestDatabase } from './support/test-database.ts';

const DAY_MS = 86_400_000;

test('deliveries go by the age of their end, those that wait stay', async () => {
  await using database = await startTestDatabase();
  const { db, peek } = database;
  const { accountId } = await addIdentity(db);
  const box = createSecretBox([Buffer.alloc(32)], 'tests');
  const make = async () =>
    (
      await createWebhook(db, box, {
        accountId,
        url: 'https://receiver.example/',
        description: null,
        events: ['request.failed'],
        baseUrl: 'http://localhost',
      })
    ).row.id;
  const [kept, deleted] = [await make(), await make()];
  const origin = uuidv7();
  await peek.rows(
    `insert into webhook_receivers (id, account_id, origin) values ($1, $2, 'https://a.example')`,
    [origin, accountId],
  );
  const deliver = async (receiver: string, state: string, days: number): Promise<string> => {
    const id = uuidv7(Date.now() - (days + 1) * DAY_MS);
    await peek.rows(
      `insert into webhook_deliveries (id, account_id, receiver_id, seq, type, occurred_at, give_up_at, state, ended_at)
       values ($1, $2, $3, 0, 'request.failed', now(), now(), $4, case when $4 <> 'pending' then now() - make_interval(days => $5) end)`,
      [id, accountId, receiver, state, days],
    );
    await peek.rows(
      'insert into webhook_attempts (delivery_id, number, at, duration_ms) values ($1, 1, now(), 1)',
      [id],
    );
    return id;
  };
  const staying = [await deliver(kept, 'pending', 40), await deliver(kept, 'delivered', 29)];
  for (const receiver of [kept, deleted, origin]) {
    await deliver(receiver, 'delivered', 31);
    await deliver(receiver, 'failed', 60);
  }
  await removeWebhook(db, accountId, deleted);
  await peek.rows(`update webhooks set deleted_at = now() - interval '31 days' where id = $1`, [deleted]);

  // Not while it has deliveries.
  expect(await removeOldWebhooks(db, 30 * DAY_MS, 100)).toBe(0);
  expect(await removeOldDeliveries(db, 30 * DAY_MS, 4)).toBe(4);
  expect(await removeOldDeliveries(db, 30 * DAY_MS, 100)).toBe(2);
  expect(await removeOldDeliveries(db, 30 * DAY_MS, 100)).toBe(0);
  expect(await removeOldWebhooks(db, 30 * DAY_MS, 100)).toBe(1);
  const ids = async (table: string, column = 'id'): Promise<string[]> =>
    (await peek.rows(`select ${column} as id from ${table} order by 1`)).map(({ id }) => id);
  expect(await ids('webhook_deliveries')).toEqual(staying.toSorted());
  expect(await ids('webhook_attempts', 'delivery_id')).toEqual(staying.toSorted());
  expect(await ids('webhook_receivers')).toEqual([kept]);
  expect(await ids('webhooks')).toEqual([kept]);
  expect(await ids('webhook_secrets', 'webhook_id')).toEqual([kept]);
});
