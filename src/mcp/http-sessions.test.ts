import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSessions, type Session, type Sessions } from './http-sessions.ts';

let sessions: Sessions;
let now: number;
beforeEach(() => {
  now = 0;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  sessions = createSessions({ max: 3, maxPerKey: 2, idleMs: 1000 }, () => now);
});
afterEach(async () => {
  await sessions[Symbol.asyncDispose]();
  vi.useRealTimers();
});

/** A session whose client has begun it. @returns its id, or undefined when there is no room. */
async function begin(key: string): Promise<{ id: string; session: Session } | undefined> {
  const session = await sessions.begin(key, async () => new McpServer({ name: 'test', version: '1' }));
  if (!session) return undefined;
  const params = {
    protocolVersion: LATEST_PROTOCOL_VERSION,
    capabilities: {},
    clientInfo: { name: randomUUID(), version: '1' },
  };
  const { transport } = session as unknown as { transport: { _webStandardTransport: Transport } };
  await transport._webStandardTransport.handleRequest(
    new Request('http://localhost/mcp', {
      method: 'POST',
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    }),
  );
  now += 1;
  return { id: session.transport.sessionId!, session };
}
interface Transport {
  handleRequest(request: Request): Promise<Response>;
}

test('a session is found by its id and key', async () => {
  const { id, session } = (await begin('a'))!;
  expect(sessions.find(id, 'a')).toBe(session);
  expect(sessions.find(id, 'b')).toBeUndefined();
  expect(sessions.find(randomUUID(), 'a')).toBeUndefined();
});

test('one too many of a key ends the one that was idle longest', async () => {
  const [first, second, third] = [(await begin('a'))!, (await begin('a'))!, (await begin('a'))!];
  expect([first, second, third].map(({ id }) => sessions.find(id, 'a') !== undefined)).toEqual([
    false,
    true,
    true,
  ]);
});

test('one too many in all ends the one that was idle longest, whosever it is', async () => {
  const all = [(await begin('a'))!, (await begin('b'))!, (await begin('c'))!, (await begin('d'))!];
  expect(all.map(({ id }, index) => sessions.find(id, 'abcd'[index]!) !== undefined)).toEqual([
    false,
    true,
    true,
    true,
  ]);
});

test('there is no room when all are busy', async () => {
  for (const key of ['a', 'a', 'b']) (await begin(key))!.session.open = 1;
  expect(await begin('a')).toBeUndefined();
  expect(await begin('c')).toBeUndefined();
});

test('what is idle for too long is ended, and what is busy is not', async () => {
  const [idle, busy] = [(await begin('a'))!, (await begin('b'))!];
  busy.session.open = 1;
  now += 2000;
  vi.advanceTimersByTime(60_000);
  expect(sessions.find(idle.id, 'a')).toBeUndefined();
  expect(sessions.find(busy.id, 'b')).toBeDefined();
});
