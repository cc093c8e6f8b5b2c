/** Event streams where those who listen, those who work and those who come back are on different processes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, resultOf, submit } from './support/api.ts';
import { eventually } from './support/database.ts';
import { type ReceivedEvent, readEvents } from './support/read-events.ts';
import { type ServerProcess, spawnServer } from './support/server.ts';
import { type SharedPostgres, startSharedPostgres } from './support/shared-postgres.ts';

let shared: SharedPostgres;
let env: Record<string, string>;
/** It runs requests; the others answer. */
let worker: ServerProcess;
let api: ServerProcess;
beforeAll(async () => {
  shared = await startSharedPostgres();
  // Rounds of a request one after the other.
  const routing = join(shared.dataDir, 'routing.json');
  await writeFile(routing, JSON.stringify({ backends: { sandbox: { concurrency: 1 } } }));
  env = { DATABASE_URL: shared.databaseUrl, DARKROOM_ROUTING: routing };
  worker = await spawnServer(shared.dataDir, env, ['serve']);
  api = await spawnServer(shared.dataDir, env, ['api']);
});
afterAll(async () => {
  // It would wait for connections that clients have opened in place of those that were cut.
  api.child.kill('SIGKILL');
  await Promise.all([api.exited, worker[Symbol.asyncDispose]()]);
  await shared[Symbol.asyncDispose]();
});

const fourImages = (slowMs: number) =>
  submit(api, { prompt: `x [[sandbox:slow=${slowMs}]]`, num_images: 4, resolution: '0.5K' });
const eventsPath = (id: string) => `/v1/requests/${id}/events`;
const kindsOf = (events: ReceivedEvent[]) => Map.groupBy(events, ({ event }) => event);

test('what one process runs is told by another, as it happens', async () => {
  const id = await fourImages(150);
  await using reader = await readEvents(api, eventsPath(id));
  const events = await reader.rest();
  const kinds = kindsOf(events);
  expect(kinds.get('output')).toHaveLength(4);
  const progress = kinds.get('status')!.map(({ data }) => data.progress.done);
  expect([...new Set(progress)]).toEqual([0, 1, 2, 3, 4]);
  // Each process gives the URLs by which it was called.
  const theirs = (await call(worker, `/v1/requests/${id}/result`)).body;
  expect(kinds.get('end')![0]!.data).toEqual(
    JSON.parse(JSON.stringify(theirs).replaceAll(worker.url, api.url)),
  );
});

test('who listened to a process that was killed goes on at another, and misses nothing', async () => {
  const victim = await spawnServer(shared.dataDir, env, ['api']);
  const id = await fourImages(300);
  const first = await readEvents(victim, eventsPath(id));
  const seen = await first.until(({ event }) => event === 'output');
  victim.child.kill('SIGKILL');
  seen.push(...(await first.rest()));
  await victim.exited;
  await using second = await readEvents(api, eventsPath(id), {
    headers: { 'last-event-id': seen.at(-1)!.id },
  });
  seen.push(...(await second.rest()));
  const kinds = kindsOf(seen);
  expect(
    kinds
      .get('output')!
      .map(({ data }) => data.index)
      .sort(),
  ).toEqual([0, 1, 2, 3]);
  expect(new Set(seen.map(({ id: eventId }) => eventId)).size).toBe(seen.length);
  expect(kinds.get('end')).toHaveLength(1);
});

test('while the database is away streams stay open, and tell what happened when it is back', async () => {
  const id = await fourImages(100);
  await using reader = await readEvents(api, eventsPath(id));
  await reader.next();
  // All connections of all processes, also those that listen.
  await shared.peek.rows(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and application_name like $1',
    ['darkroom%'],
  );
  const kinds = kindsOf(await reader.rest());
  expect(kinds.get('output')).toHaveLength(4);
  expect(kinds.get('end')).toHaveLength(1);
  expect((await resultOf(api, id)).status).toBe('completed');
});

// The last one: its request takes the worker's only slot and keeps it.
test('a change whose notification is lost is told all the same', async () => {
  const id = await submit(api, { prompt: 'x [[sandbox:hang]]' });
  await eventually(async () => (await call(api, `/v1/requests/${id}/status`)).body.status === 'in_progress');
  await using reader = await readEvents(api, eventsPath(id));
  expect((await reader.next())?.data.progress.fraction).toBeUndefined();
  // As a process would that dies between its commit and its notification.
  await shared.peek.rows('update requests set fraction = 0.5, version = version + 1 where id = $1', [id]);
  expect((await reader.next())?.data.progress.fraction).toBe(0.5);
});
