/** One request is one trace, over the processes that it passes: as a collector is told of it. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EDIT, resultOf, submit } from './support/api.ts';
import { type Collector, startCollector } from './support/collector.ts';
import { darkroom } from './support/command.ts';
import { eventually } from './support/database.ts';
import type { ReceivedSpan } from './support/otlp.ts';
import { drawPicture, type PictureHost, startPictureHost } from './support/pictures.ts';
import { openReceiver, submitPath } from './support/receiver.ts';
import { type ServerProcess, spawnServer } from './support/server.ts';
import { type SharedPostgres, startSharedPostgres } from './support/shared-postgres.ts';

const COLLECTOR_KEY = 'collector-key-5f1c';

let shared: SharedPostgres;
let collector: Collector;
let pictures: PictureHost;
let api: ServerProcess;
let env: Record<string, string>;
beforeAll(async () => {
  [shared, collector, pictures] = await Promise.all([
    startSharedPostgres(),
    startCollector(),
    startPictureHost(await drawPicture('png', { width: 64, height: 64 })),
  ]);
  env = {
    DATABASE_URL: shared.databaseUrl,
    DARKROOM_ALLOW_INPUT_HOSTS: pictures.host,
    DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${COLLECTOR_KEY}`,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_SERVICE_NAME: 'pictures',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
  };
  await darkroom(['migrate'], { env: { DARKROOM_DATA_DIR: shared.dataDir, ...env } });
  api = await spawnServer(shared.dataDir, env, ['api']);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await Promise.all([
    shared[Symbol.asyncDispose](),
    collector[Symbol.asyncDispose](),
    pictures[Symbol.asyncDispose](),
  ]);
});

const newTrace = () => {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return {
    traceId,
    spanId,
    headers: { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=of-the-caller' },
  };
};

const named = (spans: ReceivedSpan[], name: string): ReceivedSpan[] =>
  spans.filter((span) => span.name === name).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
const has = (name: string) => (spans: ReceivedSpan[]) => named(spans, name).length > 0;

/** Names with those below them, in the order of the alphabet: several begin at once. */
function treeBelow(spans: ReceivedSpan[], parentSpanId: string): unknown[] {
  const trees = spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .map(({ name, spanId }) => {
      const below = treeBelow(spans, spanId);
      return below.length > 0 ? { [name]: below } : name;
    });
  return trees.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe('a request that comes with a trace, by way of an API and a worker', () => {
  const SECRETS = ['an-unspoken-lighthouse', 'signature-77aa', 'path-secret-88bb', COLLECTOR_KEY];
  const caller = newTrace();
  let requestId: string;
  let spans: ReceivedSpan[];
  let log: string;
  let received: Record<string, unknown>;
  beforeAll(async () => {
    const receiver = await openReceiver();
    await using worker = await spawnServer(shared.dataDir, env, ['worker']);
    requestId = await submit(
      api,
      {
        prompt: 'an-unspoken-lighthouse, brighter [[sandbox:unavailable=1]]',
        image_urls: [`${pictures.url}/a.png?signature=signature-77aa`],
        num_images: 2,
        resolution: '0.5K',
        output_format: 'webp',
      },
      `${EDIT}${submitPath(`${receiver.url}/path-secret-88bb?key=signature-77aa`)}`,
      { headers: caller.headers },
    );
    const result = await resultOf(api, requestId);
    expect(result.status).toBe('completed');
    const [message] = await receiver.until(1);
    received = message!.headers;
    spans = await collector.untilTrace(caller.traceId, (all) => has('webhook')(all) && has('run')(all));
    await eventually(() => worker.output().includes('request ended'));
    log = worker.output();
    await receiver.close();
  });

  test('is one tree below the span of its caller', () => {
    const round = { round: ['call sandbox', 'call sandbox', 'convert', 'store'] };
    expect(treeBelow(spans, caller.spanId)).toEqual([
      {
        'POST /v1/models/*': [
          'commit',
          'queue',
          'webhook',
          { run: ['end', { inputs: ['input'] }, round, round] },
        ],
      },
    ]);
  });

  test('is told of by both processes, as the standard and we name things', () => {
    const [submitted] = named(spans, 'POST /v1/models/*');
    expect(submitted).toMatchObject({
      kind: 'server',
      traceState: 'vendor=of-the-caller',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/models/*',
        'http.response.status_code': 200,
        'url.path': `/v1/models/${EDIT}`,
        'darkroom.model': EDIT,
        'darkroom.request_id': requestId,
        'darkroom.batch_size': 1,
      },
      resource: {
        'service.name': 'pictures',
        'deployment.environment.name': 'test',
        'darkroom.role': 'api',
      },
    });
    const [run] = named(spans, 'run');
    expect(run).toMatchObject({
      kind: 'consumer',
      traceState: 'vendor=of-the-caller',
      error: undefined,
      attributes: { 'darkroom.run': 1, 'darkroom.outcome': 'completed', 'darkroom.outputs': 2 },
      resource: { 'service.name': 'pictures', 'darkroom.role': 'worker' },
    });
    const [first, ...others] = named(spans, 'call sandbox');
    expect(first).toMatchObject({
      kind: 'client',
      error: 'backend_unavailable',
      attributes: {
        'darkroom.backend': 'sandbox',
        'darkroom.upstream_model': EDIT,
        'darkroom.attempt': 1,
        'darkroom.outcome': 'unavailable',
      },
    });
    expect(others.at(-1)!.attributes).toMatchObject({ 'darkroom.attempt': 2, 'darkroom.outcome': 'done' });
    const rounds = named(spans, 'round');
    expect(rounds.map(({ attributes }) => attributes['darkroom.round.index']).sort()).toEqual([0, 1]);
    for (const round of rounds) {
      expect(round.attributes['darkroom.cost_usd']).toBeGreaterThan(0);
      expect(round.events).toMatchObject([{ name: 'retry' }]);
    }
  });

  test('waited from its row to its claim, by the clock of the database', async () => {
    const [row] = await shared.peek.rows(
      `select extract(epoch from started_at - created_at) * 1e6 as waited, extract(epoch from created_at) * 1e6 as came
         from requests where id = $1`,
      [requestId],
    );
    const [queue] = named(spans, 'queue');
    expect(Number((queue!.endedAt - queue!.startedAt) / 1000n)).toBe(Number(row.waited));
    expect(Number(queue!.startedAt / 1000n)).toBe(Number(row.came));
  });

  test('goes on at the receiver of its webhook', () => {
    const [webhook] = named(spans, 'webhook');
    expect(received).toMatchObject({
      traceparent: `00-${caller.traceId}-${webhook!.spanId}-01`,
      tracestate: 'vendor=of-the-caller',
    });
    expect(webhook).toMatchObject({
      kind: 'client',
      attributes: {
        'http.response.status_code': 204,
        'server.address': '127.0.0.1',
        'darkroom.webhook.event': 'request.completed',
        'darkroom.attempt': 1,
      },
    });
  });

  test('is found from its log line', () => {
    const ended = log.split('\n').find((line) => line.includes('request ended'))!;
    expect(JSON.parse(ended)).toMatchObject({ request_id: requestId, trace_id: caller.traceId });
  });

  test('says no word of what is asked, of keys or of what may be secret in addresses', () => {
    const sent = Buffer.concat(collector.calls.map(({ body }) => body)).toString('latin1');
    expect(sent).toContain(requestId);
    for (const secret of [...SECRETS, api.key]) expect(sent).not.toContain(secret);
    for (const { headers } of collector.calls) expect(headers['x-collector-key']).toBe(COLLECTOR_KEY);
  });
});

test('a request whose worker was killed in a round goes on in the trace, in the run of another worker', async () => {
  const caller = newTrace();
  const slow = await spawnServer(shared.dataDir, { ...env, DARKROOM_SANDBOX_DELAY_MS: '600000' }, ['worker']);
  const id = await submit(api, { prompt: 'killed', resolution: '0.5K' }, undefined, {
    headers: caller.headers,
  });
  await eventually(() => shared.peek.row('select true as begun from rounds where request_id = $1', [id]));
  slow.child.kill('SIGKILL');
  await slow.exited;
  // Its lease ends by itself after twenty seconds.
  await shared.peek.rows(`update requests set lease_until = now() - interval '1 second' where id = $1`, [id]);

  // What it has not sent yet is sent when it ends.
  const patient = { ...env, OTEL_BSP_SCHEDULE_DELAY: '600000' };
  const worker = await spawnServer(shared.dataDir, patient, ['worker']);
  expect((await resultOf(api, id)).status).toBe('completed');
  await worker[Symbol.asyncDispose]();
  const spans = collector.spans.filter(({ traceId }) => traceId === caller.traceId);
  const [run] = named(spans, 'run');
  expect(run).toMatchObject({
    parentSpanId: named(spans, 'POST /v1/models/*')[0]!.spanId,
    attributes: { 'darkroom.run': 2, 'darkroom.resumed': true, 'darkroom.outcome': 'completed' },
  });
  expect(named(spans, 'call sandbox')).toMatchObject([{ attributes: { 'darkroom.attempt': 2 } }]);
  const again = named(spans, 'queue').find(({ attributes }) => attributes['darkroom.run'] === 2);
  const [{ back }] = await shared.peek.rows(
    'select extract(epoch from queued_at) * 1e6 as back from requests where id = $1',
    [id],
  );
  expect(Number(again!.startedAt / 1000n)).toBe(Number(back));
});
