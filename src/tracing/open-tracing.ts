/** Traces by OpenTelemetry, where the standard variables switch them on. Off, nothing of it is even loaded. */
import type { Logger } from 'pino';
import type { TracingTarget } from '../config/tracing.ts';
import { NO_TRACING, type Tracing, type TracingProcess } from './tracing.ts';

/**
 * Spans are sent in the background.
 * @param target undefined: nothing is traced
 */
export async function openTracing(
  target: TracingTarget | undefined,
  of: TracingProcess,
  log: Logger,
): Promise<Tracing> {
  if (!target) return NO_TRACING;
  const { startOpenTelemetry } = await import('./open-telemetry.ts');
  return startOpenTelemetry(target, of, log);
}
