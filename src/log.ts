/** Structured logs, readable on a terminal; no secrets. */
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from './config/config.ts';

const REDACTED = [
  'authorization',
  '*.authorization',
  'headers.authorization',
  '*.headers.authorization',
  'req.headers.authorization',
  '*.headers.cookie',
  '*.headers["x-goog-api-key"]',
  'apiKey',
  '*.apiKey',
  'connectionString',
  '*.connectionString',
];

export async function createLog(
  config: Pick<Config, 'logLevel' | 'logFormat'>,
  terminal: boolean,
): Promise<Logger> {
  const pretty = config.logFormat === 'pretty' || (config.logFormat === 'auto' && terminal);
  const options = {
    level: config.logLevel,
    base: null,
    redact: { paths: REDACTED, censor: '[hidden]' },
    serializers: { err: describeError },
  };
  // Logs go to stderr: stdout is for what a command answers.
  const destination: DestinationStream = pretty
    ? (await import('pino-pretty')).PinoPretty({
        destination: 2,
        sync: true,
        ignore: 'pid,hostname',
        translateTime: 'HH:MM:ss.l',
        singleLine: true,
      })
    : pino.destination(2);
  return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** What helps to find a fault. Errors of libraries carry whole connections with them, which does not. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name,
    message,
    ...(code !== undefined && { code }),
    stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}
