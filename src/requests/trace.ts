/** A request's way as its trace shows it: how long it waited, each run, and what stopped a piece of work. */
import { BackendError, WorkHandedOver } from '../backends/backend.ts';
import { RequestFailure } from '../errors.ts';
import type { Span } from '../tracing/span.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { ClaimedRequest } from './claim.ts';
import { codeOfBackendError } from './retry.ts';

/** A request ran out of its time. */
export class DeadlinePassed extends Error {
  override name = 'DeadlinePassed';
}

/** For spans of a run that `signal` stops: the code that callers may see; undefined where others go on with the work. */
export function codeOf(signal: AbortSignal): (error: unknown) => string | undefined {
  return (error) => {
    const reason = signal.aborted ? signal.reason : error;
    if (reason instanceof WorkHandedOver) return undefined;
    if (reason instanceof DeadlinePassed) return 'timeout';
    if (reason instanceof RequestFailure) return reason.failure.code;
    if (reason instanceof BackendError) return codeOfBackendError(reason);
    return 'internal';
  };
}

interface Waited {
  id: string;
  trace: string | null;
  /** By the database's clock. */
  queued_at: string;
  left_at: string;
  run?: number;
}

/** Its time in the queue, when that is over. */
export function recordWait(
  tracing: Tracing,
  { id, trace, queued_at, left_at, run }: Waited,
  outcome: 'claimed' | 'cancelled',
): void {
  const attributes = { 'darkroom.request_id': id, 'darkroom.run': run, 'darkroom.outcome': outcome };
  tracing.resume('queue', trace, { startedAt: queued_at, attributes }).end(left_at);
}

/** The work of one run; `work` says in the span how it ended. */
export async function traceRun(
  tracing: Tracing,
  claimed: ClaimedRequest,
  work: (span: Span) => Promise<void>,
): Promise<void> {
  const span = tracing.resume('run', claimed.trace, {
    kind: 'consumer',
    attributes: {
      'darkroom.request_id': claimed.id,
      'darkroom.model': claimed.model_id,
      'darkroom.rounds': claimed.rounds,
      'darkroom.run': claimed.run,
      'darkroom.resumed': claimed.resumed,
    },
  });
  try {
    await work(span);
  } catch (error) {
    if (error instanceof WorkHandedOver) span.set({ 'darkroom.outcome': HANDED_OVER[error.name] });
    else span.fail('internal');
    throw error;
  } finally {
    span.end();
  }
}

const HANDED_OVER: Record<string, string> = { LeaseLost: 'lease_lost', Interrupted: 'given_back' };
