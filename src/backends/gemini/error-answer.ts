/** What an answer other than 200 means. */
import { BackendError } from '../backend.ts';
import type { Rest } from './access-pool.ts';
import { listOf, objectOf, textOf } from './json.ts';
import { retryDelayMs } from './retry-delay.ts';
import { safeText } from './safe-text.ts';

export type Verdict =
  /** Another way in may do better: this one rests. */
  { rest: Omit<Rest, 'untilMs'> & { forMs: number; everyModel: boolean } } | { error: BackendError };

interface ErrorAnswer {
  status: number;
  /** The `error` of the body; empty where the body is no such thing. */
  error: Readonly<Record<string, unknown>>;
  retryAfterMs: number | undefined;
}

/** Where a 429 does not say for how long. */
const UNSAID_REST_MS = 5_000;
/** A clock that ends a moment early would only be told so again. */
const SHORTEST_REST_MS = 1_000;
const LONGEST_REST_MS = 24 * 3_600_000;
/** Nothing is paid for asking again, and the operator may have bought more. */
const EXHAUSTED_REST_MS = 3_600_000;
const REFUSED_REST_MS = 10 * 60_000;

/** No call could be made: there is no identity to make it with. */
export function noCredentials({ message, cause }: BackendError): Verdict {
  const reason = safeText(cause instanceof Error ? cause.message : message);
  return { rest: { kind: 'refused', reason, forMs: REFUSED_REST_MS, everyModel: true } };
}

/** @param body parsed, whatever it is */
export function readError(status: number, body: unknown, retryAfter: string | null): Verdict {
  const error = objectOf(objectOf(Array.isArray(body) ? body[0] : body).error);
  const answer = { status, error, retryAfterMs: retryDelayMs(error, retryAfter) };
  const message = textOf(error.message) ?? '';
  if (status === 429) return { rest: limited(answer, message) };
  if (status === 401 || isBadKey(answer, message)) return { rest: refused(answer, message, true) };
  if (status === 403) return { rest: refused(answer, message, false) };
  return { error: inTheEnd(answer, message) };
}

function limited(
  { error, retryAfterMs }: ErrorAnswer,
  message: string,
): { kind: Rest['kind']; reason: string; forMs: number; everyModel: boolean } {
  if (isSpent(error, message)) {
    return {
      kind: 'exhausted',
      reason: safeText(message),
      forMs: EXHAUSTED_REST_MS,
      everyModel: hasNoCredit(message),
    };
  }
  const forMs = Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, retryAfterMs ?? UNSAID_REST_MS));
  return { kind: 'limited', reason: safeText(message), forMs, everyModel: false };
}

/** A whole project without its conditions met (billing, a free tier that its country has not) is like a bad key. */
function isBadKey({ status, error }: ErrorAnswer, message: string): boolean {
  if (status !== 400) return false;
  const reasons = listOf(error.details).map((detail) => textOf(detail.reason) ?? '');
  return (
    reasons.some((reason) => reason.startsWith('API_KEY_')) ||
    /\bapi key\b.*\b(not valid|expired|not found|invalid)\b/i.test(message) ||
    error.status === 'FAILED_PRECONDITION'
  );
}

const refused = (
  { status }: ErrorAnswer,
  message: string,
  everyModel: boolean,
): { kind: Rest['kind']; reason: string; forMs: number; everyModel: boolean } => ({
  kind: 'refused',
  reason: safeText(message) || `HTTP ${status}`,
  forMs: REFUSED_REST_MS,
  everyModel,
});

/**
 * A quota of a day, or of nothing at all (a model without a free tier), beside which `RetryInfo` still names
 * seconds; or no credit left.
 */
function isSpent(error: ErrorAnswer['error'], message: string): boolean {
  const details = listOf(error.details);
  const violations = details.flatMap(({ violations }) => listOf(violations));
  const quotas = [
    ...violations.map(({ quotaId }) => textOf(quotaId)),
    ...details.map(({ metadata }) => textOf(objectOf(metadata).quota_limit)),
  ];
  return (
    quotas.some((quota) => quota !== undefined && /per_?day/i.test(quota)) ||
    violations.some(({ quotaValue }) => quotaValue === '0') ||
    /\bper day\b|\bdaily\b|\blimit: 0\b/i.test(message) ||
    hasNoCredit(message)
  );
}

const hasNoCredit = (message: string): boolean =>
  /\bcredits? (are|is) depleted\b|\bspend(ing)? (cap|limit)\b/i.test(message);

function inTheEnd({ status, retryAfterMs }: ErrorAnswer, message: string): BackendError {
  // Google names keys, projects and hosts in some of these.
  const why = safeText(message);
  const cause = new Error(`HTTP ${status}: ${why || 'without a reason'}`);
  if (status === 404 || status === 410) {
    return new BackendError('model_unavailable', 'Gemini does not have this model any more.', { cause });
  }
  if (status === 413) {
    return new BackendError('invalid_request', 'The input is more than this model takes in one request.', {
      cause,
    });
  }
  if (status >= 500 || status === 408 || status === 499) {
    return new BackendError('unavailable', 'Gemini is not available right now.', {
      cause,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  return new BackendError('invalid_request', `Gemini rejected the request${why ? `: ${why}` : '.'}`, {
    cause,
  });
}
