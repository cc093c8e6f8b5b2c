/** What is traced and what is not, and that a collector's trouble stays its own. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsOf } from './support/accounts.ts';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { type Collector, startCollector } from './support/collector.ts';
import type { ReceivedSpan } from './support/otlp.ts';
import { submitEndless } from './support/requests.ts';
import { spawnServer, startTestServer, type TestServer, temporaryFolder } from './support/server.ts';

const SMALL = { prompt: 'small', resolution: '0.5K' };
const ID = '0af7651916cd43dd8448eb211c80319c';
const traceOf = (number: number): string => ID.slice(0, -2) + String(number).padStart(2, '0');
const withTrace = (traceId: string, flags = '01') => ({
  headers: { traceparent: `00-${traceId}-b7ad6b7169203331-${flags}` },
});

describe('with a collector', () => {
  let collector: Collector;
  let server: TestServer;
  beforeAll(async () => {
    collector = await startCollector();
    server = await startTestServer({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '20',
      DARKROOM_MAX_RUNNING: '1',
    });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  const byRequest = (id: string) => (span: ReceivedSpan) => span.attributes['darkroom.request_id'] === id;
  async function spansOf(id: string, name: string): Promise<ReceivedSpan[]> {
    await expect
      .poll(() => collector.spans.some((span) => span.name === name && byRequest(id)(span)))
      .toBe(true);
    return collector.spans.filter(byRequest(id));
  }

  test('a submit without a trace begins one of its own', async () => {
    const [first, second] = [await submit(server, SMALL), await submit(server, SMALL)];
    await Promise.all([resultOf(server, first), resultOf(server, second)]);
    const [one, other] = [await spansOf(first, 'run'), await spansOf(second, 'run')];
    expect(new Set(one.map(({ traceId }) => traceId)).size).toBe(1);
    expect(other[0]!.traceId).not.toBe(one[0]!.traceId);
    expect(one.find(({ kind }) => kind === 'server')!.parentSpanId).toBe('');
  });

  test('a request that its caller does not trace is not traced here either', async () => {
    const id = await submit(server, SMALL, undefined, withTrace(traceOf(1), '00'));
    await resultOf(server, id);
    const traced = await submit(server, SMALL);
    await resultOf(server, traced);
    await spansOf(traced, 'run');
    expect(collector.spans.filter(({ traceId }) => traceId === traceOf(1))).toEqual([]);
    expect(await rowsOf(server, 'select trace from requests where id = $1', [id])).toEqual([{ trace: null }]);
  });

  test('what is no trace is not taken for one', async () => {
    const id = await submit(server, SMALL, undefined, withTrace('0'.repeat(32)));
    await resultOf(server, id);
    expect((await spansOf(id, 'run'))[0]!.traceId).not.toBe('0'.repeat(32));
  });

  test('reads, estimates and strangers leave no spans; other calls do where a trace comes with them', async () => {
    const traced = withTrace(traceOf(2));
    const id = await submit(server, SMALL);
    await call(server, `/v1/requests/${id}/status`, traced);
    await call(server, '/v1/models', traced);
    await call({ ...server, key: 'dk_a_key_that_nobody_knows' }, `/v1/models/${TEXT_TO_IMAGE}`, {
      json: SMALL,
      ...traced,
    });
    await call(server, `/v1/models/${TEXT_TO_IMAGE}/estimate`, { json: SMALL });
    await call(server, '/v1/keys', { json: { name: 'untraced' } });
    const made = await call(server, '/v1/keys', { json: { name: 'traced' }, ...traced });
    expect(made.status).toBe(201);
    await resultOf(server, id);
    const spans = await collector.untilTrace(traceOf(2), (all) => all.length > 0);
    await spansOf(id, 'run');
    expect(spans.map(({ name }) => name)).toEqual(['POST /v1/keys']);
    expect(collector.spans.filter(({ name }) => name === 'POST /v1/keys')).toHaveLength(1);
    expect(
      collector.spans.filter(({ attributes }) => `${attributes['url.path']}`.includes('estimate')),
    ).toEqual([]);
  });

  test('a submit that is refused says so, and is no failure of the server', async () => {
    const { status } = await call(server, `/v1/models/${TEXT_TO_IMAGE}`, {
      json: {},
      ...withTrace(traceOf(3)),
    });
    expect(status).toBe(422);
    const [span] = await collector.untilTrace(traceOf(3), (all) => all.length > 0);
    expect(span).toMatchObject({
      error: undefined,
      attributes: { 'http.response.status_code': 422, 'darkroom.error_code': 422001 },
    });
  });

  test('a request that fails has our code for it in its run and its round', async () => {
    const id = await submit(server, { prompt: 'a [[sandbox:blocked]]' }, undefined, withTrace(traceOf(4)));
    expect((await resultOf(server, id)).status).toBe('failed');
    const spans = await collector.untilTrace(traceOf(4), (all) => all.some(({ name }) => name === 'run'));
    for (const name of ['run', 'round', 'call sandbox'])
      expect(spans.find((span) => span.name === name)).toMatchObject({
        error: 'content_blocked',
        attributes: { 'error.type': 'content_blocked' },
      });
  });

  test('a submit that is sent again stays in the trace of the first', async () => {
    const options = (trace: number) => ({
      headers: { ...withTrace(traceOf(trace)).headers, 'idempotency-key': 'once' },
    });
    const id = await submit(server, SMALL, undefined, options(5));
    expect(await submit(server, SMALL, undefined, options(6))).toBe(id);
    await resultOf(server, id);
    await collector.untilTrace(traceOf(5), (all) => all.some(({ name }) => name === 'run'));
    const [again] = await collector.untilTrace(traceOf(6), (all) =>
      all.some(({ kind }) => kind === 'server'),
    );
    expect(
      collector.spans
        .filter(({ traceId }) => traceId === traceOf(6))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['POST /v1/models/*', 'commit']);
    expect(again!.traceId).toBe(traceOf(6));
  });

  test('the trace of a request that is cancelled ends in the queue', async () => {
    await submitEndless(server);
    const id = await submit(server, SMALL, undefined, withTrace(traceOf(7)));
    await call(server, `/v1/requests/${id}/cancel`, { method: 'POST' });
    const spans = await collector.untilTrace(traceOf(7), (all) => all.some(({ name }) => name === 'queue'));
    expect(spans.find(({ name }) => name === 'queue')!.attributes).toMatchObject({
      'darkroom.outcome': 'cancelled',
      'darkroom.request_id': id,
    });
  });
});

/** Refuses to load OpenTelemetry's SDK. Its API comes with the metrics. */
const WITHOUT_SDK = `--import=data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
   registerHooks({
     resolve(name, context, next) {
       if (name.startsWith('@opentelemetry/sdk')) throw new Error('loaded ' + name);
       return next(name, context);
     },
   });`,
)}`;

test('switched off, nothing is sent although there is an address, and the SDK is not even loaded', async () => {
  await using collector = await startCollector();
  const folder = await temporaryFolder();
  const env = { NODE_OPTIONS: WITHOUT_SDK, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  await expect(spawnServer(folder, env)).rejects.toThrow(/loaded @opentelemetry\/sdk/);
  {
    await using server = await spawnServer(folder, { ...env, OTEL_SDK_DISABLED: 'true' });
    const id = await submit(server, SMALL, undefined, withTrace(traceOf(8)));
    expect((await resultOf(server, id)).status).toBe('completed');
    expect(await rowsOf(server, 'select trace from requests')).toEqual([{ trace: null }]);
  }
  expect(collector.calls).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

test('a collector that refuses and then hangs holds up no request and no shutdown, and is complained of once', async () => {
  await using collector = await startCollector();
  collector.answer = 400;
  const folder = await temporaryFolder();
  const server = await spawnServer(folder, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_TIMEOUT: '600000',
    OTEL_BSP_SCHEDULE_DELAY: '10',
  });
  while (collector.calls.length < 3) await resultOf(server, await submit(server, SMALL));
  collector.answer = 'hang';
  const before = collector.calls.length;
  await resultOf(server, await submit(server, SMALL));
  await expect.poll(() => collector.calls.length).toBeGreaterThan(before);
  // Nothing waits for the answer that does not come; with a limit of ten minutes for it, the end of this test would.
  expect((await resultOf(server, await submit(server, SMALL))).status).toBe('completed');
  await server[Symbol.asyncDispose]();
  expect(server.output().match(/traces cannot be sent/g)).toHaveLength(1);
  await rm(folder, { recursive: true, force: true });
});
