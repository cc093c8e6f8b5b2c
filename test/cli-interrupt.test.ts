/** Ctrl-C: what still waits is cancelled, what runs goes on, and a second one ends at once. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { call, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { type Caller, makeCaller } from './support/caller.ts';
import type { Program } from './support/program.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let caller: Caller;
/** Runs to the end of the tests, so that whatever comes after it waits. */
let endless: string;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_MAX_RUNNING: '1' });
  caller = await makeCaller(server, server.dataDir);
  endless = await submitEndless(server);
});
afterAll(() => server[Symbol.asyncDispose]());

const start = (prompt: string, ...parameters: string[]): Program =>
  caller.start(['run', TEXT_TO_IMAGE, '--prompt', prompt, ...parameters]);
const stateOf = async (id: string): Promise<string> =>
  (await call(server, `/v1/requests/${id}/result`)).body.status;

/** The id that a run has said. */
const idOf = async (program: Program): Promise<string> => (await program.says(/^Request (\S+)$/m))[1]!;

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s cancels what still waits, and says what it costs: nothing', async (signal, code) => {
  const waiting = start('waiting');
  const id = await idOf(waiting);
  await waiting.says(/^waiting, next in the queue$/m);
  waiting.child.kill(signal);
  expect(await waiting.exited).toBe(code);
  expect(waiting.output()).toContain(`Cancelled ${id}: it had not started, and costs nothing.`);
  expect(await stateOf(id)).toBe('cancelled');
  expect((await caller.darkroom(['result', id])).code).toBe(15);
});

test('so does patience that is over', async () => {
  const { code, stderr } = await caller.darkroom([
    ...['run', TEXT_TO_IMAGE, '--prompt', 'too late', '--timeout', '300ms'],
  ]);
  expect([code, stderr]).toEqual([14, expect.stringMatching(/not finished in time. Cancelled/)]);
});

test('what runs goes on, and it says how to get what comes of it', async () => {
  // The endless one holds only its own account up.
  const other = await makeAccount(server);
  const running = start('[[sandbox:hang]]', '--api-key', other.key);
  const id = await idOf(running);
  await running.says(/^running$/m);
  running.child.kill('SIGINT');
  expect(await running.exited).toBe(130);
  expect(running.output()).toContain(`It runs already and goes on: \`darkroom result ${id}\` waits for it`);
  expect((await call(other, `/v1/requests/${id}/status`)).body.status).toBe('in_progress');
});

test('watching is not running: it ends, and the request is left as it is', async () => {
  const id = await submit(server, { prompt: 'only watched' });
  for (const parameters of [
    ['result', id],
    ['status', id, '--watch'],
  ]) {
    const watching = caller.start(parameters);
    await watching.says(/^waiting/m);
    watching.child.kill('SIGINT');
    expect(await watching.exited).toBe(130);
  }
  expect(await stateOf(id)).toBe('in_queue');
  const impatient = await caller.darkroom(['result', endless, '--no-wait']);
  expect([impatient.code, impatient.stderr]).toEqual([8, expect.stringMatching(/has not ended/)]);
});

test('a second one ends at once, and says how to go on', async () => {
  const id = crypto.randomUUID();
  await using host = await startFrozenHost(id);
  const stuck = start('x', '--base-url', host.url);
  await idOf(stuck);
  // Those that follow each other at once are one: npm passes on what the terminal has sent to us as well.
  await expect
    .poll(() => stuck.child.kill('SIGINT') && stuck.child.exitCode, { interval: 50, timeout: 4000 })
    .not.toBe(null);
  expect(await stuck.exited).toBe(130);
  expect(stuck.output()).toContain(`It may go on: \`darkroom result ${id} --base-url ${host.url}\``);
});

/** Knows its models and takes a request, then answers nothing more, not even to a cancel. */
async function startFrozenHost(id: string) {
  const host = createServer(async ({ method, url }, answer) => {
    if (/^\/v1\/requests/.test(url!)) return;
    const model = method === 'GET' ? await call(server, url!) : undefined;
    const status = model?.status ?? (/estimate/.test(url!) ? 404 : 200);
    answer.writeHead(status, { 'content-type': 'application/json' });
    answer.end(JSON.stringify(model?.body ?? { request_id: id }));
  }).listen(0, '127.0.0.1');
  await once(host, 'listening');
  return {
    url: `http://127.0.0.1:${(host.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      host.closeAllConnections();
      host.close();
    },
  };
}
