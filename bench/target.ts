/**
 * What is measured, as a process of its own: `darkroom` (the API without a worker), `whole` (with one), or `bare`,
 * the yardstick: the same framework, keys, limits and validation, answering from memory.
 */
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Identity } from '../src/accounts/authenticate.ts';
import { hashOfSecret } from '../src/accounts/keys.ts';
import { createRateLimit } from '../src/accounts/rate-limit.ts';
import { baseUrlOf } from '../src/api/base-url.ts';
import { requestId } from '../src/api/request-id.ts';
import { bareServer } from '../src/api/server.ts';
import { readSubmission } from '../src/api/submit.ts';
import { requestUrls } from '../src/api/urls.ts';
import { startApp } from '../src/app.ts';
import { createRegistry } from '../src/backends/registry.ts';
import { createSandboxBackend } from '../src/backends/sandbox/sandbox.ts';
import { loadModels } from '../src/catalog/bundled.ts';
import { readConfig } from '../src/config/config.ts';
import { errors } from '../src/errors.ts';
import { uuidv7 } from '../src/lib/ids.ts';
import { allocateYoung } from '../src/lib/young-objects.ts';
import { createLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { publicStatus } from '../src/requests/states.ts';
import type { StatusRow } from '../src/requests/status-row.ts';

allocateYoung();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const kind = process.argv[2];
const { config, secrets } = readConfig(process.env);
const log = await createLog(config, false);
if (kind === 'bare') process.once('SIGTERM', () => process.exit(0));
const address = kind === 'bare' ? await startBare() : await startDarkroom();
process.send!({ address });
process.on('message', (message) => {
  if (message === 'cpu')
    process.send!({ cpuMs: Object.values(process.cpuUsage()).reduce((a, b) => a + b) / 1000 });
  if (message === 'settled memory') for (let times = 0; times < 4; times++) collectGarbage();
  if (message !== 'memory' && message !== 'settled memory') return;
  const status = readFileSync('/proc/self/status', 'utf8');
  process.send!({ residentKilobytes: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) });
});

async function startDarkroom(): Promise<string> {
  const app = await startApp(config, secrets, log, {
    api: true,
    worker: kind === 'whole',
    migrates: true,
  });
  process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
  return app.address;
}

async function startBare(): Promise<string> {
  const catalog = await loadModels(undefined);
  const backends = createRegistry([], createSandboxBackend({ delayMs: 0 }));
  const known = hashOfSecret(secrets.apiKey!);
  const identity: Identity = {
    keyId: uuidv7(),
    accountId: uuidv7(),
    operator: false,
    scopes: ['admin'],
    requestsPerMinute: null,
    keyBudget: null,
    accountBudget: null,
    maxRunning: 8,
    maxQueued: 1e9,
  };
  const authenticator = {
    identify(authorization: string | undefined) {
      if (hashOfSecret(authorization!.slice('Bearer '.length)) !== known) throw new Error('wrong key');
      return identity;
    },
    identifyKey: () => identity,
    identifySession: () => identity,
    async flush() {},
    async [Symbol.asyncDispose]() {},
  };
  const metrics = createMetrics(undefined as never, backends, { version: '', role: 'api', dataDir: '' });
  const server = bareServer({
    config,
    log,
    authenticator,
    rateLimit: createRateLimit(config.rateLimit),
    metrics,
  });
  const context = {
    catalog,
    backends,
    config,
    db: undefined as never,
    store: undefined as never,
    webhooks: undefined as never,
  };
  const bodyOf = (row: StatusRow, baseUrl: string) => ({
    request_id: row.id,
    status: publicStatus(row),
    ...requestUrls(baseUrl, row.id),
    model_id: row.model_id,
    created_at: row.created_at,
    started_at: row.started_at,
    completed_at: row.ended_at,
    progress: { done: row.done, total: row.rounds },
  });
  const rows = new Map<string, StatusRow>();
  const keep = (id: string, modelId: string): void => {
    const at = '2026-11-20T19:31:49.123456+00:00';
    rows.set(id, {
      id,
      account_id: identity.accountId,
      model_id: modelId,
      state: 'completed',
      created_at: at,
      started_at: at,
      ended_at: at,
      rounds: 1,
      done: 1,
      fraction: null,
      warnings: null,
      failure: null,
      version: 4,
      ahead: null,
    });
  };
  server.post<{ Params: { '*': string } }>(
    '/v1/models/*',
    { config: { scope: 'generate' } },
    async (request) => {
      const { modelId } = await readSubmission(context, request, request.params['*']);
      const id = uuidv7();
      keep(id, modelId);
      return { request_id: id, ...requestUrls(baseUrlOf(config, request), id) };
    },
  );
  server.get('/v1/requests/:id/status', { config: { scope: 'read' } }, async (request, reply) => {
    const row = rows.get(requestId(request));
    if (!row || row.account_id !== request.identity.accountId)
      throw errors.notFound('There is no such request.');
    reply.header('etag', `"${row.version}-"`).header('cache-control', 'no-cache');
    return bodyOf(row, baseUrlOf(config, request));
  });
  const listeners = new Map<string, { answer: ServerResponse; baseUrl: string }>();
  const tell = (id: string): void => {
    const row = rows.get(id);
    const listener = listeners.get(id);
    if (!row || !listener) return;
    const data = JSON.stringify(bodyOf(row, listener.baseUrl));
    listener.answer.write(`id: ${row.version++}\nevent: status\ndata: ${data}\n\n`);
  };
  server.get('/v1/requests/:id/events', { config: { scope: 'read' } }, (request, reply) => {
    const id = requestId(request);
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
    });
    listeners.set(id, { answer: reply.raw, baseUrl: baseUrlOf(config, request) });
    reply.raw.once('close', () => void listeners.delete(id));
    tell(id);
  });
  setInterval(() => {
    for (const { answer } of listeners.values()) answer.write(':\n\n');
  }, 15_000).unref();
  // The requests that will be read, as the measured one has them in its database, and those that change.
  process.on('message', (message: { ids?: string[]; changed?: string[] }) => {
    for (const id of message.ids ?? []) keep(id, 'google/nano-banana-2/text-to-image');
    for (const id of message.changed ?? []) tell(id);
  });
  return server.listen({ port: 0, host: '127.0.0.1' });
}
