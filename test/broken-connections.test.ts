/** What becomes of connections to PostgreSQL that break. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUnavailable, openDatabase, statement } from '../src/db/database.ts';
import { openNotifications } from '../src/db/notifications.ts';
import { eventually } from './support/database.ts';
import { silent, startTestDatabase, type TestDatabase } from './support/test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const ownPid = statement<{ pid: number }>('own_pid', 'select pg_backend_pid() as pid');

test('a connection that breaks in the middle of a transaction fails that transaction and nothing else', async () => {
  const { db, peek } = database;
  const broken = db.transaction(async (tx) => {
    const { pid } = (await tx.row(ownPid))!;
    await peek.rows('select pg_terminate_backend($1)', [pid]);
    await eventually(async () => {
      const left = await peek.rows('select 1 from pg_stat_activity where pid = $1', [pid]);
      return left.length === 0;
    });
    await tx.row(ownPid);
  });
  await expect(broken).rejects.toSatisfy(isUnavailable);
  expect(await db.transaction((tx) => tx.row(ownPid))).toBeDefined();
});

test('after an outage there is one listener again, however long the outage was', async () => {
  const { db, target, peek } = database;
  await using door = await openDoor(target as { host: string; port: number });
  const through = { ...target, host: '127.0.0.1', port: door.port } as typeof target;
  await using notifications = await openNotifications({ ...db, target: through }, silent);
  const back = new Promise<void>((resolve) => {
    notifications.subscribe('reconnected', () => resolve());
  });
  door.shut();
  await eventually(() => door.turnedAway >= 4);
  door.open();
  await back;
  // That nobody else comes can only be seen by giving them time.
  await sleep(1000);
  const listeners = await peek.rows(
    "select pid from pg_stat_activity where application_name = 'darkroom listen'",
  );
  expect(listeners).toHaveLength(1);
});

test('what others say on our channel is passed over', async () => {
  const { db, peek } = database;
  await using notifications = await openNotifications(db, silent);
  const heard = new Promise<string[]>((resolve) => {
    notifications.subscribe('queue', resolve);
  });
  for (const payload of ['', 'hello', 'somebody queue', 'somebody error a', 'somebody queue one,two'])
    await peek.rows("select pg_notify('darkroom', $1)", [payload]);
  expect(await heard).toEqual(['one', 'two']);
});

test('a statement that is not answered fails as an outage, in a transaction and out of it', async () => {
  const { target } = database;
  await using door = await openDoor(target as { host: string; port: number });
  const through = { ...target, host: '127.0.0.1', port: door.port } as typeof target;
  await using db = openDatabase(through, { maxConnections: 2, log: silent, answerTimeoutMs: 200 });
  await expect(db.transaction((tx) => door.stall(() => tx.row(ownPid)))).rejects.toSatisfy(isUnavailable);
  await db.row(ownPid);
  await expect(door.stall(() => db.row(ownPid))).rejects.toSatisfy(isUnavailable);
  expect(await db.row(ownPid)).toBeDefined();
});

test('a statement that takes too long fails as an outage', async () => {
  const { db } = database;
  const slow = db.transaction(async (tx) => {
    await tx.rows(statement('test_limit', 'set local statement_timeout = 20'));
    await tx.rows(statement('test_slow', 'select pg_sleep(10)'));
  });
  await expect(slow).rejects.toSatisfy(isUnavailable);
});

/** A way to PostgreSQL that can be shut, or open and mute. */
async function openDoor({ host, port }: { host: string; port: number }) {
  const passing = new Set<Socket>();
  let isOpen = true;
  let mute = false;
  let turnedAway = 0;
  const server = createServer((client) => {
    client.on('error', () => {});
    if (!isOpen) {
      turnedAway++;
      client.destroy();
      return;
    }
    const upstream = connect(`${host}/.s.PGSQL.${port}`);
    upstream.on('error', () => {});
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (!mute) client.write(bytes);
    });
    passing.add(client);
    client.on('close', () => {
      passing.delete(client);
      upstream.destroy();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get turnedAway() {
      return turnedAway;
    },
    /** No answer passes while `work` waits for one. */
    async stall<Result>(work: () => Promise<Result>): Promise<Result> {
      mute = true;
      return await work().finally(() => {
        mute = false;
      });
    },
    open() {
      isOpen = true;
    },
    shut() {
      isOpen = false;
      for (const client of passing) client.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const client of passing) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
