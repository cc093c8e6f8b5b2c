/** When Google says to try again: in the body, not in a header. */
import { type JsonObject, listOf, objectOf, textOf } from './json.ts';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/**
 * Of the `error` of a body: `details[].retryDelay`, else "Please retry in 34.4s." in its message, else the header
 * `Retry-After` that a proxy may have set. Milliseconds, rounded up.
 */
export function retryDelayMs(error: JsonObject, retryAfter: string | null): number | undefined {
  const info = listOf(error.details).find((detail) => detail['@type'] === RETRY_INFO);
  return (
    durationMs(info?.retryDelay) ??
    durationMs(/\bretry in (\d+(?:\.\d+)?s)\b/i.exec(textOf(error.message) ?? '')?.[1]) ??
    (retryAfter && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined)
  );
}

/** protobuf's Duration as JSON, `"34.4s"`, or as an object of seconds and nanos. */
function durationMs(value: unknown): number | undefined {
  if (typeof value === 'string') {
    const seconds = /^(\d{1,9}(?:\.\d+)?)s$/.exec(value)?.[1];
    return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
  }
  const { seconds, nanos } = objectOf(value);
  if (seconds === undefined) return undefined;
  const ms = Number(seconds) * 1000 + Number(nanos ?? 0) / 1e6;
  return Number.isFinite(ms) && ms >= 0 ? Math.ceil(ms) : undefined;
}
