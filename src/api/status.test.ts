import { EventEmitter } from 'node:events';
import Fastify from 'fastify';
import { afterAll, expect, test } from 'vitest';
import type { Notifications } from '../db/notifications.ts';
import { type Status, type StatusRow, statusOf } from '../requests/status-row.ts';
import { createWatcher } from '../requests/watch.ts';
import type { ApiContext } from './context.ts';
import { statusEndpoint } from './status.ts';

const ID = '01a1faa8-46b8-7d2a-a293-6bc0f79fda3f';
const AT = '2026-11-20T20:31:34.584409+00:00';

const statusWith = (change: Partial<StatusRow>): Status =>
  statusOf({
    id: ID,
    account_id: 'mine',
    model_id: 'google/nano-banana-2/text-to-image',
    state: 'queued',
    created_at: AT,
    started_at: null,
    ended_at: null,
    rounds: 1,
    done: 0,
    fraction: null,
    warnings: null,
    failure: null,
    version: 0,
    ahead: 0,
    ...change,
  });

const events = new EventEmitter();
const notifications = {
  subscribe: (topic: string, listener: (ids: string[]) => void) => {
    events.on(topic, listener);
    return () => void events.off(topic, listener);
  },
} as unknown as Notifications;
const server = Fastify();
afterAll(() => server.close());

test('a change that comes between the look and the waiting for it is not missed', async () => {
  let looks = 0;
  const context = {
    config: { port: 8080 },
    watcher: createWatcher(notifications),
    async readStatus() {
      looks++;
      if (looks > 1) return statusWith({ state: 'running', started_at: AT, version: 1, ahead: null });
      events.emit('requests', [ID]);
      return statusWith({});
    },
  } as unknown as ApiContext;
  server.decorateRequest('identity', null as never);
  server.addHook('onRequest', async (request) => {
    request.identity = { accountId: 'mine' } as never;
  });
  statusEndpoint(server, context);
  const startedAt = performance.now();
  const answer = await server.inject(`/v1/requests/${ID}/status?wait=20`);
  expect(answer.json().status).toBe('in_progress');
  // One who missed it would look again after two seconds.
  expect(performance.now() - startedAt).toBeLessThan(8000);
});
