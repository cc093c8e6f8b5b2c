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

test('a listener whose server fell silent is connected anew', async () => {
  const { db, target } = database;
  await using door = await openDoor(target as { host: string; port: number });
  const through = { ...target, host: '127.0.0.1', port: door.port } as typeof target;
  await using notifications = await openNotifications({ ...db, target: through }, silent, 200);
  const back = new Promise<void>((resolve) => {
    notifications.subscribe('reconnected', () => resolve());
  });
  door.forgetAll();
  await back;
  const heard = new Promise<string[]>((resolve) => {
    notifications.subscribe('queue', resolve);
  });
  await database.peek.rows("select pg_notify('darkroom', 'somebody queue one')");
  expect(await heard).toEqual(['one']);
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

test('where one connection gives no answer, those that were not heard of since keep nobody waiting', async () => {
  const { target } = database;
  await using door = await openDoor(target as { host: string; port: number });
  const through = { ...target, host: '127.0.0.1', port: door.port } as typeof target;
  await using db = openDatabase(through, { maxConnections: 3, log: silent, answerTimeoutMs: 500 });
  const pids = await Promise.all([db.row(ownPid), db.row(ownPid), db.row(ownPid)]);
  expect(new Set(pids.map((row) => row!.pid)).size).toBe(3);
  // As when another server stands behind the address, and the one they were opened to is gone without a word.
  door.forgetAll();
  await expect(db.row(ownPid)).rejects.toSatisfy(isUnavailable);
  for (let calls = 0; calls < 3; calls++) expect(await db.row(ownPid)).toBeDefined();
});

test('a connection that takes no writes fails as an outage, and is not used again', async () => {
  const { target } = database;
  await using db = openDatabase(target, { maxConnections: 1, log: silent });
  await db.row(statement('test_read_only', 'set default_transaction_read_only = on'));
  const write = statement('test_write', 'create temporary table written ()');
  await expect(db.row(write)).rejects.toSatisfy(isUnavailable);
  await db.row(write);
});

test('a lock that does not come fails as an outage', async () => {
  const { db, target } = database;
  await using other = openDatabase(target, { maxConnections: 1, log: silent });
  const lock = statement('test_lock_workers', 'lock table workers');
  await db.transaction(async (tx) => {
    await tx.rows(lock);
    const waiting = other.transaction(async (waiter) => {
      await waiter.rows(statement('test_patience', 'set local lock_timeout = 20'));
      await waiter.rows(lock);
    });
    await expect(waiting).rejects.toSatisfy(isUnavailable);
  });
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
  const forgotten = new Set<Socket>();
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
      if (!mute && !forgotten.has(client)) client.write(bytes);
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
    /** What is connected gets no answer any more, and is not told. */
    forgetAll() {
      for (const client of passing) forgotten.add(client);
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
