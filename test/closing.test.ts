/** A server that closes does not wait for those who wait for it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { call } from './support/api.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer } from './support/server.ts';

test('an answer that is held back for a change is given when the server closes', async () => {
  const server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  const id = await submitEndless(server);
  const held = call(server, `/v1/requests/${id}/status?wait=60`);
  // Answered after the one that is held back has come in.
  await call(server, `/v1/requests/${id}/status`);
  const startedAt = performance.now();
  await server[Symbol.asyncDispose]();
  expect((await held).body.status).toBe('in_progress');
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('a client that never finishes its call does not keep the server from closing', async () => {
  const server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
  const { hostname, port } = new URL(server.url);
  const client = connect(Number(port), hostname);
  await once(client, 'connect');
  // Announces a body that never comes.
  client.write(
    `POST /v1/models/google/nano-banana-2/text-to-image HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
  );
  await call(server, '/health');
  const startedAt = performance.now();
  await server[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  client.destroy();
});
