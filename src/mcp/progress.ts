/** Progress notifications of a call whose client asked for them. */
import type { Status, Update } from '../client/index.ts';
import type { Call } from './context.ts';

/** Clients that wait as long as there is progress hear something this often. */
const AT_LEAST_EVERY_MS = 10_000;
/** The protocol wants every notification to be further than the one before. */
const STEP = 0.001;
const TOTAL = 100;

export interface Progress extends Disposable {
  update(update: Update): void;
}

/** Tells the place in the queue and the rounds that are done, as percent. */
export function reportProgress({ _meta, sendNotification }: Call): Progress {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return { update() {}, [Symbol.dispose]() {} };
  let progress = 0;
  let message = 'submitted';
  const send = (percent = 0): void => {
    progress = Math.min(TOTAL, Math.max(progress + STEP, percent));
    // Whoever does not listen any more need not hear it.
    void sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress, total: TOTAL, message },
    }).catch(() => {});
  };
  const timer = setInterval(send, AT_LEAST_EVERY_MS);
  return {
    update(update) {
      if (update.type !== 'status') return;
      message = describe(update);
      send(percentOf(update));
      timer.refresh();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function describe({ status, queue_position, progress }: Status): string {
  if (status === 'in_queue')
    return queue_position === undefined ? 'in the queue' : `in the queue, ${queue_position} ahead`;
  if (status === 'in_progress')
    return progress ? `${progress.done} of ${progress.total} done` : 'being worked on';
  return status;
}

function percentOf({ status, progress }: Status): number {
  if (status === 'completed') return TOTAL;
  if (!progress) return 0;
  return TOTAL * Math.min(0.99, progress.fraction ?? progress.done / Math.max(1, progress.total));
}
