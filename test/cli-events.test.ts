/** `darkroom listen` and `darkroom webhooks`; and the command line where npx puts it. */
import { once } from 'node:events';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { submit } from './support/api.ts';
import { type Caller, callerEnv, makeCaller } from './support/caller.ts';
import { ROOT, run } from './support/command.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let caller: Caller;
beforeAll(async () => {
  server = await startTestServer();
  caller = await makeCaller(server, server.dataDir);
});
afterAll(() => server[Symbol.asyncDispose]());

interface Received {
  id: string;
  type: string;
  data: { request_id: string };
}

/** A program that is being written: verifies with `secret` what it is sent. */
async function startReceiver(secret: () => string) {
  const received: Received[] = [];
  const receiver = createServer(async (call, answer) => {
    const headers = call.headers as Record<string, string>;
    const event = new Webhook(secret()).verify(await text(call), headers) as Received;
    received.push({ ...event, id: headers['webhook-id']! });
    answer.writeHead(202).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  onTestFinished(() => void receiver.close());
  return { received, port: (receiver.address() as AddressInfo).port };
}

test('listen forwards what happens, signed as a webhook, and shows the answer', async () => {
  let secret = '';
  const { received, port } = await startReceiver(() => secret);
  const listen = (...parameters: string[]) =>
    caller.start(['listen', '--forward-to', `127.0.0.1:${port}/hooks`, ...parameters]);

  const listening = listen();
  secret = (await listening.says(/^Signed with (whsec_\S+)$/m))[1]!;
  expect(listening.output()).toContain(`Listening to default at ${server.url}, forwarding to`);
  const submitUntilReceived = async (): Promise<number> => {
    if (received.length === 0) await submit(server, { prompt: 'event' });
    return received.length;
  };
  // It may not be connected yet when it says so.
  await expect.poll(submitUntilReceived, { timeout: 20_000, interval: 300 }).toBeGreaterThan(0);
  const { id, type, data } = received[0]!;
  expect(type).toBe('request.completed');
  await listening.says(new RegExp(`request\\.completed +${data.request_id} +→ 202 in \\d+ ms`));
  listening.child.kill('SIGINT');
  expect(await listening.exited).toBe(0);

  // What happened meanwhile can be had; with the same secret, so that the program has to be told once.
  const missed = await submit(server, { prompt: 'missed' });
  const again = listen('--after', id, '--json');
  const [line] = await again.says(new RegExp(`^\\{.*"request_id":"${missed}".*\\}$`, 'm'));
  expect(JSON.parse(line)).toMatchObject({ type: 'request.completed', answer: { status: 202 } });
  expect(received.at(-1)?.data.request_id).toBe(missed);
  again.child.kill('SIGINT');
  await again.exited;
});

test('listen tells at once that there is no server, or no key', async () => {
  expect((await caller.darkroom(['listen', '--base-url', 'http://127.0.0.1:9'])).code).toBe(9);
  expect((await caller.darkroom(['listen', '--api-key', 'nope'])).code).toBe(3);
  expect((await caller.darkroom(['listen', '--secret', 'nope'])).stderr).toMatch(/whsec_/);
});

test('webhooks are made, listed, tried, and removed', async () => {
  const created = await caller.darkroom([
    'webhooks',
    'create',
    'https://receiver.example/hooks',
    '--events',
    'request.failed',
  ]);
  const [, id] = /^(\S+)\nwhsec_\S+\n$/.exec(created.stdout)!;
  expect((await caller.darkroom(['webhooks', 'list'])).stdout).toMatch(
    new RegExp(`^${id} +enabled +request\\.failed +https://receiver\\.example/hooks$`, 'm'),
  );
  expect((await caller.darkroom(['webhooks', 'test', id!])).code).toBe(0);
  expect((await caller.darkroom(['webhooks', 'deliveries', '--webhook', id!])).stdout).toMatch(
    / webhook\.test /,
  );
  expect((await caller.darkroom(['webhooks', 'delete', id!])).code).toBe(0);
  const refused = await caller.darkroom([
    'webhooks',
    'create',
    'https://receiver.example',
    '--events',
    'all',
  ]);
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringMatching(/^--events/)]);
});

test('it works below node_modules, where npx and npm install put it', async () => {
  const place = join(caller.cwd, 'node_modules', 'darkroom');
  await mkdir(place, { recursive: true });
  for (const part of ['bin', 'src', 'package.json'])
    await cp(join(ROOT, part), join(place, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(place, 'node_modules'));
  const ended = await run(
    process.execPath,
    [join(place, 'bin', 'darkroom.js'), 'models', 'list', '--search', 'pro edit'],
    {
      env: callerEnv(server),
    },
  );
  expect(ended, ended.stderr).toMatchObject({ code: 0, stderr: `At ${server.url} (DARKROOM_BASE_URL).\n` });
  expect(ended.stdout).toMatch(/^google\/nano-banana\/pro\/edit /m);
});
