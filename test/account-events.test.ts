/** GET /v1/events: every end of an account's requests once, in order, also for who comes back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAccount, makeKey } from './support/accounts.ts';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { type ReceivedEvent, readEvents } from './support/read-events.ts';
import { startReceiver, submitPath } from './support/receiver.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1',
    DARKROOM_SHUTDOWN_GRACE: '0',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const FAILING = { prompt: 'x [[sandbox:blocked]]' };
const requestOf = ({ data }: ReceivedEvent): string => data.data.request_id;
const take = async (
  reader: Awaited<ReturnType<typeof readEvents>>,
  count: number,
): Promise<ReceivedEvent[]> => {
  const events: ReceivedEvent[] = [];
  while (events.length < count) events.push((await reader.next())!);
  return events;
};

test('tells of each way a request can end, with what a webhook is told, and of nobody else', async () => {
  const account = await makeAccount(server, { maxRunning: 1 });
  const stranger = await makeAccount(server);
  const receiver = await startReceiver();
  await using reader = await readEvents(account, '/v1/events');
  await resultOf(stranger, await submit(stranger, FAILING));
  const completed = await submit(
    account,
    { prompt: 'x', resolution: '0.5K' },
    `${TEXT_TO_IMAGE}${submitPath(receiver.url)}`,
  );
  const result = await resultOf(account, completed);
  await resultOf(account, await submit(account, FAILING));
  await submitEndless(account);
  const waits = await submit(account, FAILING);
  await call(account, `/v1/requests/${waits}/cancel`, { method: 'POST' });
  const events = await take(reader, 3);
  expect(events.map(({ event }) => event)).toEqual([
    'request.completed',
    'request.failed',
    'request.cancelled',
  ]);
  const [first] = events;
  expect(first!.data).toEqual({ type: 'request.completed', timestamp: result.completed_at, data: result });
  const [message] = await receiver.until(1);
  expect(first).toMatchObject({ id: message!.id, data: JSON.parse(message!.body) });
});

test('goes on after the last event that was seen, without a gap and without any twice', async () => {
  const account = await makeAccount(server);
  const ended: string[] = [];
  const end = async (count: number): Promise<void> => {
    const ids = await Promise.all(Array.from({ length: count }, () => submit(account, FAILING)));
    for (const id of ids) await resultOf(account, id);
    ended.push(...ids);
  };
  const first = await readEvents(account, '/v1/events');
  await end(20);
  const seen = await take(first, 7);
  await first[Symbol.asyncDispose]();
  await end(100);
  await using header = await readEvents(account, '/v1/events', {
    headers: { 'last-event-id': seen.at(-1)!.id },
  });
  const rest = await take(header, 113);
  expect([...seen, ...rest].map(requestOf).sort()).toEqual(ended.toSorted());
  const times = [...seen, ...rest].map(({ data }) => data.timestamp);
  expect(times).toEqual(times.toSorted());
  // As who cannot send headers asks.
  await using query = await readEvents(account, `/v1/events?last_event_id=${rest.at(-3)!.id}`);
  expect(await take(query, 2)).toEqual(rest.slice(-2));
});

test('leaves out what was deleted, and goes on after it', async () => {
  const account = await makeAccount(server);
  const ids: string[] = [];
  for (let index = 0; index < 3; index++) {
    ids.push(await submit(account, FAILING));
    await resultOf(account, ids[index]!);
  }
  await call(account, `/v1/requests/${ids[1]}`, { method: 'DELETE' });
  const idOf = (index: number) => `evt_${ids[index]!.replaceAll('-', '')}_failed`;
  await using after = await readEvents(account, `/v1/events?last_event_id=${idOf(0)}`);
  expect(requestOf((await after.next())!)).toBe(ids[2]);
  await using afterDeleted = await readEvents(account, `/v1/events?last_event_id=${idOf(1)}`);
  expect(requestOf((await afterDeleted.next())!)).toBe(ids[2]);
});

test('is refused where nobody could say what comes next, and without the right to read', async () => {
  const account = await makeAccount(server);
  const other = await submit(server, FAILING);
  await resultOf(server, other);
  for (const id of ['x', `evt_${other.replaceAll('-', '')}_failed`, `evt_${'0'.repeat(32)}_completed`]) {
    const answer = await call(account, '/v1/events', { headers: { 'last-event-id': id } });
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['header', 'Last-Event-ID'] }] } });
  }
  expect((await call(account, '/v1/events', { key: null })).status).toBe(401);
  const reading = await makeKey(account, { scopes: ['read'] });
  await using reader = await readEvents({ ...account, key: reading.key }, '/v1/events');
  await submit(account, FAILING);
  expect((await reader.next())!.event).toBe('request.failed');
});
