/** One receiver that is slow delays no other, and none is asked for more at once than it has shown to take. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { eventually, type Peek, peekInto } from './support/database.ts';
import { accountWithWebhook, startReceiver, submitPath } from './support/receiver.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let db: Peek;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1', DARKROOM_MAX_RUNNING: '16' });
  db = await peekInto(server.dataDir);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const FAILING = { prompt: 'x [[sandbox:blocked]]' };

test('with one in ten receivers hanging, the others do not wait for it', async () => {
  const receivers = await Promise.all(Array.from({ length: 10 }, () => startReceiver()));
  const [hanging, ...healthy] = receivers;
  hanging!.answer = 'hang';
  const account = await makeAccount(server);
  for (const { url } of receivers) await call(account, '/v1/webhooks', { json: { url } });
  const count = 40;
  for (let index = 0; index < count; index++) await submit(account, FAILING);
  await Promise.all(healthy.map((receiver) => receiver.until(count)));
  // From when it was stored to when it was written down that it was taken.
  const { p99 } = await db.row(
    `select percentile_disc(0.99) within group (order by extract(epoch from ended_at - occurred_at))::float8 as p99
       from webhook_deliveries where account_id = $1 and state = 'delivered'`,
    [account.accountId],
  );
  // Alone on its machine it is a fraction of a second; one hanging attempt takes fifteen.
  expect(p99).toBeLessThan(5);
  // It is asked once at a time, and keeps one connection.
  expect([hanging!.messages.length, hanging!.open]).toEqual([1, 1]);
}, 60_000);

test('a receiver gets more at once the more it takes, up to a bound', async () => {
  const receiver = await startReceiver();
  let underWay = 0;
  const most: number[] = [];
  receiver.answer = (response) => {
    underWay++;
    most.push(underWay);
    setTimeout(() => {
      underWay--;
      response.writeHead(204).end();
    }, 50);
  };
  const account = await accountWithWebhook(server, { url: receiver.url });
  await db.rows('update webhook_receivers set lease = $2, lease_until = now() + $3 where webhook_id = $1', [
    account.webhookId,
    '00000000-0000-0000-0000-000000000000',
    '1 minute',
  ]);
  // All wait until somebody may deliver to it.
  const count = 120;
  await Promise.all(Array.from({ length: count }, () => submit(account, FAILING)));
  await eventually(async () => {
    const { waiting } = await db.row(
      'select count(*)::int as waiting from webhook_deliveries where account_id = $1',
      [account.accountId],
    );
    return waiting === count;
  });
  await db.rows('update webhook_receivers set lease_until = now() where webhook_id = $1', [
    account.webhookId,
  ]);
  await receiver.until(count);
  expect(most[0]).toBe(1);
  expect(Math.max(...most)).toBeGreaterThan(8);
  expect(Math.max(...most)).toBeLessThanOrEqual(16);
}, 60_000);

test('one that is gone is asked less and less, whatever waits for it', async () => {
  const account = await makeAccount(server);
  const waiting = 40;
  for (let index = 0; index < waiting; index++)
    await submit(account, FAILING, `${TEXT_TO_IMAGE}${submitPath('http://127.0.0.1:1/')}`);
  const { failures, attempts, pause } = await eventually(async () => {
    const row = await db.row(
      `select v.failures, extract(epoch from v.paused_until - now())::float8 as pause,
              (select sum(attempts)::int from webhook_deliveries d where d.receiver_id = v.id) as attempts
         from webhook_receivers v where v.account_id = $1`,
      [account.accountId],
    );
    return row?.failures >= 5 && row.pause > 0 && row;
  });
  // At once three times, after a second, after two; the next is four seconds later.
  expect(failures).toBeLessThan(8);
  expect(attempts).toBe(failures);
  expect(pause).toBeGreaterThan(1);
}, 60_000);
