/** Sends spans, and complains seldom: a collector that is away is not worth more than a line now and then. */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';

const QUIET_MS = 10 * 60_000;

export interface QuietExporter extends SpanExporter {
  /** Whether the last that was heard of the collector is a failure. */
  isFailing(): boolean;
}

export function quietly(exporter: SpanExporter, log: Logger): QuietExporter {
  let failing = false;
  let lost = 0;
  let warnedMs = Number.NEGATIVE_INFINITY;

  function note({ code, error }: ExportResult, spans: number): void {
    failing = code !== ExportResultCode.SUCCESS;
    if (!failing) return;
    lost += spans;
    if (performance.now() - warnedMs < QUIET_MS) return;
    warnedMs = performance.now();
    log.warn(
      { err: error, spans: lost },
      'traces cannot be sent to the collector; for ten minutes nothing more is said of it',
    );
    lost = 0;
  }

  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        note(result, spans.length);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
    isFailing: () => failing,
  };
}
