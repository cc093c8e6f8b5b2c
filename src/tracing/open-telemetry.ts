/** Spans by OpenTelemetry's SDK. Loaded only where traces are on; nothing global, so that a process may have several. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import * as otel from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { TracingTarget } from '../config/tracing.ts';
import { quietly } from './quiet-exporter.ts';
import { NO_SPAN, type Span, type SpanOptions } from './span.ts';
import type { CallHeaders, Tracing, TracingProcess } from './tracing.ts';

/** What is left is sent at the end for so long: a collector that hangs must not keep a process from ending. */
const LAST_FLUSH_MS = 1500;

export function startOpenTelemetry(target: TracingTarget, of: TracingProcess, log: Logger): Tracing {
  const exporter = quietly(new OTLPTraceExporter({ url: target.url, headers: target.headers }), log);
  const processor = new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: target.scheduleDelayMs,
    maxQueueSize: target.maxQueueSize,
    maxExportBatchSize: target.maxBatchSize,
  });
  const provider = new TracerProvider({
    resource: describe(target, of),
    sampler: samplerOf(target),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('darkroom', of.version);
  return {
    on: true,
    receive: (name, headers, options) => begin(tracer, readHeaders(headers), name, options),
    resume(name, context, options) {
      if (context === null) return NO_SPAN;
      const [traceparent, tracestate] = splitOnce(context);
      return begin(tracer, readHeaders({ traceparent, tracestate }), name, options);
    },
    async [Symbol.asyncDispose]() {
      const ended = provider.shutdown().catch(() => {});
      // Whom nothing has reached will not be reached now either.
      if (!exporter.isFailing()) await waitAtMost(LAST_FLUSH_MS, ended);
    },
  };
}

async function waitAtMost(ms: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]);
  clearTimeout(timer);
}

function describe({ attributes }: TracingTarget, { role, version }: TracingProcess) {
  const own = {
    'service.name': 'darkroom',
    'service.version': version,
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    'process.pid': process.pid,
    'darkroom.role': role,
  };
  return defaultResource().merge(resourceFromAttributes({ ...own, ...attributes }));
}

function samplerOf({ sampler: name, ratio }: TracingTarget): Sampler {
  const root = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

const propagator = new W3CTraceContextPropagator();

const readHeaders = (headers: CallHeaders): otel.Context =>
  propagator.extract(otel.ROOT_CONTEXT, headers, otel.defaultTextMapGetter);

const KINDS = {
  internal: otel.SpanKind.INTERNAL,
  server: otel.SpanKind.SERVER,
  client: otel.SpanKind.CLIENT,
  consumer: otel.SpanKind.CONSUMER,
} as const satisfies Record<NonNullable<SpanOptions['kind']>, otel.SpanKind>;

/** @returns NO_SPAN where the sampler does not want it: then nothing below it is made either. */
function begin(
  tracer: otel.Tracer,
  parent: otel.Context,
  name: string,
  { kind = 'internal', attributes = {}, startedAt }: SpanOptions = {},
): Span {
  const span = tracer.startSpan(
    name,
    { kind: KINDS[kind], attributes, ...(startedAt && { startTime: timeOf(startedAt) }) },
    parent,
  );
  if (!span.isRecording()) return NO_SPAN;
  const context = otel.trace.setSpan(parent, span);
  return {
    child: (childName, options) => begin(tracer, context, childName, options),
    set(more) {
      for (const [key, value] of Object.entries(more)) if (value !== undefined) span.setAttribute(key, value);
    },
    event: (eventName, more) => void span.addEvent(eventName, more),
    fail(code) {
      span.setAttribute('error.type', code);
      span.setStatus({ code: otel.SpanStatusCode.ERROR, message: code });
    },
    end: (endedAt) => span.end(endedAt ? timeOf(endedAt) : undefined),
    get context() {
      return Object.values(headersOf(context)).join(' ');
    },
    get headers() {
      return headersOf(context);
    },
  };
}

/** `traceparent`, and `tracestate` where the caller sent one: in this order. */
function headersOf(context: otel.Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagator.inject(context, headers, otel.defaultTextMapSetter);
  return headers;
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf(' ');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The database's words have microseconds, which a `Date` would lose. */
function timeOf(moment: Date | string): otel.TimeInput {
  if (moment instanceof Date) return moment;
  const micros = /\.(\d{6})/.exec(moment)?.[1] ?? '0';
  return [Math.floor(Date.parse(moment) / 1000), Number(micros) * 1000];
}
