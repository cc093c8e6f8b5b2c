/** Which failures of a round are worth another call, and when. */
import { BackendError, type BackendErrorKind } from '../backends/backend.ts';
import { type FailureCode, RequestFailure } from '../errors.ts';

/** Calls of a backend for one round in one run. */
const MAX_CALLS = 4;
/** A model that gave nothing is asked once more, with another seed. */
const MAX_CALLS_WITHOUT_OUTPUT = 2;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

const CODES: Record<BackendErrorKind, FailureCode> = {
  content_blocked: 'content_blocked',
  no_output: 'no_output',
  invalid_request: 'backend_rejected',
  auth: 'backend_auth',
  model_unavailable: 'backend_unavailable',
  rate_limited: 'backend_unavailable',
  unavailable: 'backend_unavailable',
  timeout: 'timeout',
  cancelled: 'internal',
};
const RETRYABLE: ReadonlySet<FailureCode> = new Set([
  'backend_unavailable',
  'timeout',
  'worker_lost',
  'internal',
]);

export type NextStep =
  | { retry: true; delayMs: number; otherSeed: boolean }
  | {
      retry: false;
      failure: RequestFailure;
      /** Whether another candidate may well succeed: this one is gone, out of order or spent. */
      moveOn: boolean;
    };

/**
 * What to do after a round's call failed.
 * @param calls how many calls this run has made for the round, with the one that failed
 * @param remainingMs until the deadline
 * @param random 0..1, for jitter
 */
export function afterFailure(error: unknown, calls: number, remainingMs: number, random: number): NextStep {
  if (error instanceof RequestFailure) return { retry: false, failure: error, moveOn: false };
  if (!(error instanceof BackendError)) {
    return {
      retry: false,
      failure: new RequestFailure('internal', 'Something went wrong on our side while the image was made.', {
        retryable: true,
        cause: error,
      }),
      moveOn: false,
    };
  }
  const otherSeed = error.kind === 'no_output';
  const backOffMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (calls - 1)) * (0.5 + random / 2);
  // Told a time, all who wait would come back at once: a little later each comes at its own.
  const toldMs = error.retryAfterMs === undefined ? undefined : error.retryAfterMs * (1 + random / 5);
  const delayMs = otherSeed ? 0 : (toldMs ?? backOffMs);
  if (calls < allowedCalls(error) && delayMs < remainingMs) return { retry: true, delayMs, otherSeed };
  const moveOn = !error.spent && (isPassing(error) || error.exhausted || error.kind === 'model_unavailable');
  return { retry: false, failure: failureOf(error), moveOn };
}

const isPassing = ({ kind }: BackendError): boolean => kind === 'rate_limited' || kind === 'unavailable';

/** For one round in one run, with the first. */
function allowedCalls(error: BackendError): number {
  if (error.spent || error.exhausted) return 1;
  if (error.kind === 'no_output') return MAX_CALLS_WITHOUT_OUTPUT;
  return isPassing(error) ? MAX_CALLS : 1;
}

/** What a call's end says about its backend, for the breaker; undefined where it says nothing. */
export function isOutage(error: unknown): boolean | undefined {
  if (!(error instanceof BackendError) || error.kind === 'cancelled') return undefined;
  return error.kind === 'unavailable' || error.kind === 'timeout';
}

/** What callers are told of it. */
export const codeOfBackendError = ({ kind }: BackendError): FailureCode => CODES[kind];

function failureOf(error: BackendError): RequestFailure {
  const code = codeOfBackendError(error);
  return new RequestFailure(code, error.message, { retryable: RETRYABLE.has(code), cause: error });
}
