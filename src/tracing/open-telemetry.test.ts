import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { SamplerName } from '../config/tracing.ts';
import { openTracing } from './open-tracing.ts';
import { logFields, NO_SPAN } from './span.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const parent = (flags: string, more = {}) => ({
  traceparent: `00-${TRACE}-b7ad6b7169203331-${flags}`,
  ...more,
});

/** Sends nothing, since no span here ends. */
async function open(sampler: SamplerName = 'parentbased_always_on', ratio = 1): Promise<Tracing> {
  const target = {
    url: 'http://127.0.0.1:9/v1/traces',
    headers: {},
    attributes: {},
    sampler,
    ratio,
    scheduleDelayMs: 60_000,
    maxQueueSize: 10,
    maxBatchSize: 10,
  };
  const tracing = await openTracing(target, { role: 'all', version: '0' }, pino({ level: 'silent' }));
  onTestFinished(() => tracing[Symbol.asyncDispose]());
  return tracing;
}

test.each<[SamplerName, number, boolean, boolean, boolean]>([
  // alone, below a traced caller, below one that is not
  ['always_on', 1, true, true, true],
  ['always_off', 1, false, false, false],
  ['traceidratio', 1, true, true, true],
  ['traceidratio', 0, false, false, false],
  ['parentbased_always_on', 1, true, true, false],
  ['parentbased_always_off', 1, false, true, false],
  ['parentbased_traceidratio', 0, false, true, false],
  ['parentbased_traceidratio', 1, true, true, false],
])('%s of %d traces as the specification says', async (sampler, ratio, alone, traced, untraced) => {
  const tracing = await open(sampler, ratio);
  const isTraced = (headers: Record<string, string>): boolean =>
    tracing.receive('a call', headers) !== NO_SPAN;
  expect([isTraced({}), isTraced(parent('01')), isTraced(parent('00'))]).toEqual([alone, traced, untraced]);
});

test('what is kept of a span leads back into its trace, with what vendors add', async () => {
  const tracing = await open();
  const first = tracing.receive('a call', parent('01', { tracestate: 'one=a b,two=2' }));
  expect(first.context).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01 one=a b,two=2$`));
  expect(logFields(first.context)).toEqual({ trace_id: TRACE });
  const later = tracing.resume('a run', first.context!);
  expect(later.headers).toEqual({
    traceparent: expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`)),
    tracestate: 'one=a b,two=2',
  });
  expect(later.headers.traceparent).not.toBe(first.headers.traceparent);
});

test('without a context, or switched off, there is nothing to go on from', async () => {
  expect((await open()).resume('a run', null)).toBe(NO_SPAN);
  expect(NO_TRACING.resume('a run', `00-${TRACE}-b7ad6b7169203331-01`)).toBe(NO_SPAN);
  expect(logFields(null)).toEqual({});
  expect(logFields(NO_SPAN.child('below').context)).toEqual({});
});
