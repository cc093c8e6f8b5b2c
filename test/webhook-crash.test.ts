/** Processes that are killed while they deliver: every event still arrives, in its order, under its id. */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { call, resultOf, submit } from './support/api.ts';
import { eventually, killPostgres, peekInto, stopLeftPostgres } from './support/database.ts';
import { type Message, startReceiver } from './support/receiver.ts';
import { type ServerProcess, spawnServer, temporaryFolder } from './support/server.ts';
import { startSharedPostgres } from './support/shared-postgres.ts';

const ENV = { DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1' };
const EVENTS = ['request.in_progress', 'request.output', 'request.completed', 'request.failed'];

const register = async (server: ServerProcess, url: string): Promise<void> => {
  const { status } = await call(server, '/v1/webhooks', { json: { url, events: EVENTS } });
  expect(status).toBe(201);
};
const input = (index: number) =>
  index % 5 === 0 ? { prompt: 'x', resolution: '0.5K' } : { prompt: `${index} [[sandbox:blocked]]` };
const idsOf = (requestId: string, index: number): string[] => {
  const of = (what: string) => `evt_${requestId.replaceAll('-', '')}_${what}`;
  return index % 5 === 0
    ? [of('in_progress'), of('output_0'), of('completed')]
    : [of('in_progress'), of('failed')];
};

/** Every event came, and the first of each request's events came in their order. */
function checkMessages(messages: Message[], requests: string[]): void {
  const expected = requests.map(idsOf);
  const seen = [...new Set(messages.map(({ id }) => id))];
  expect(seen.toSorted()).toEqual(expected.flat().sort());
  for (const ids of expected) expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
}

test('a server that is killed in the middle of deliveries makes them again when it is back', async () => {
  const dataDir = await temporaryFolder();
  onTestFinished(async () => {
    await stopLeftPostgres(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });
  const receiver = await startReceiver();
  let server = await spawnServer(dataDir, ENV);
  await register(server, receiver.url);
  const requests: string[] = [];
  const cut: string[] = [];
  for (let round = 0; round < 3; round++) {
    // One is taken by the receiver, and its answer never comes.
    const { promise: inTheMiddle, resolve } = Promise.withResolvers<Message>();
    const from = receiver.messages.length + 10;
    receiver.answer = (response, message) => {
      if (receiver.messages.length >= from) resolve(message);
      else response.writeHead(204).end();
    };
    for (let index = 0; index < 15; index++) requests.push(await submit(server, input(requests.length)));
    cut.push((await inTheMiddle).id);
    server.child.kill('SIGKILL');
    await server.exited;
    receiver.answer = 204;
    server = await spawnServer(dataDir, ENV);
  }
  for (const id of requests) await resultOf(server, id);
  const count = requests.flatMap(idsOf).length;
  const messages = await receiver.untilThat(
    (all) => new Set(all.map(({ id }) => id)).size === count && cut.every((id) => timesOf(all, id) > 1),
  );
  checkMessages(messages, requests);
  await using peek = await peekInto(dataDir);
  await eventually(async () => {
    const { pending } = await peek.row(
      `select count(*)::int as pending from webhook_deliveries where state <> 'delivered'`,
    );
    return pending === 0;
  });
  expect(await peek.rows('select id from webhook_outbox')).toEqual([]);
  await server[Symbol.asyncDispose]();
}, 90_000);

const timesOf = (messages: Message[], id: string): number =>
  messages.filter((message) => message.id === id).length;

test('events outlive a PostgreSQL that is killed while they are written and delivered', async () => {
  const dataDir = await temporaryFolder();
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  await using server = await spawnServer(dataDir, ENV);
  const receiver = await startReceiver();
  await register(server, receiver.url);
  const requests: string[] = [];
  for (let index = 0; index < 20; index++) requests.push(await submit(server, input(index)));
  await receiver.until(10);
  await killPostgres(dataDir);
  const count = requests.flatMap(idsOf).length;
  await receiver.untilThat((all) => new Set(all.map(({ id }) => id)).size === count);
  checkMessages(receiver.messages, requests);
}, 60_000);

test('of two processes both deliver, and the one that is left takes over what the other was killed with', async () => {
  await using shared = await startSharedPostgres();
  const receivers = await Promise.all(Array.from({ length: 6 }, () => startReceiver()));
  const env = { ...ENV, DATABASE_URL: shared.databaseUrl };
  const servers = [await spawnServer(shared.dataDir, env), await spawnServer(shared.dataDir, env)];
  onTestFinished(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  });
  const [living, victim] = servers as [ServerProcess, ServerProcess];
  for (const { url } of receivers) await register(living, url);
  const requests: string[] = [];
  const submitSome = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++)
      requests.push(await submit(servers[index % 2]!, input(requests.length)));
  };
  const deliveredBy = async (server: ServerProcess): Promise<number> => {
    const { body } = await call(server, '/metrics');
    return Number(/^darkroom_webhook_attempts_total\{outcome="delivered"\} (\d+)/m.exec(body)?.[1] ?? 0);
  };
  while (!((await deliveredBy(living)) > 0 && (await deliveredBy(victim)) > 0)) await submitSome(4);

  // From now on each receiver keeps one of the two busy.
  for (const receiver of receivers) receiver.answer = 'hang';
  const before = receivers.map(({ messages }) => messages.length);
  await submitSome(10);
  const count = requests.flatMap(idsOf).length;
  for (const id of requests) await resultOf(living, id);
  await Promise.all(receivers.map((receiver, index) => receiver.until(before[index]! + 1)));
  victim.child.kill('SIGKILL');
  await once(victim.child, 'exit');
  for (const receiver of receivers) {
    receiver.answer = 204;
    receiver.breakOff();
  }
  // The leases of the dead would run out in half a minute, and what failed is tried again in seconds.
  await eventually(async () => {
    await shared.peek.rows('update webhook_receivers set lease_until = now(), paused_until = null');
    await shared.peek.rows(`update webhook_deliveries set next_attempt_at = now() where state = 'pending'`);
    return receivers.every(({ messages }) => new Set(messages.map(({ id }) => id)).size === count);
  }, 200);
  for (const { messages } of receivers) checkMessages(messages, requests);
}, 90_000);
