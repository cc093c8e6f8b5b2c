/** What a request is doing, in a few words. */
import type { Update } from '../../client/index.ts';
import type { StatusLine } from './status-line.ts';

/** Shows on `line` where a request stands, as its updates come. */
export function showProgress(line: StatusLine): (update: Update) => void {
  const outputs = new Set<number>();
  return (update) => {
    if (update.type === 'output') {
      outputs.add(update.index);
      return;
    }
    const { status, queue_position: ahead, progress } = update;
    if (status === 'in_queue') line.show(ahead === undefined ? 'waiting in the queue' : waiting(ahead));
    if (status !== 'in_progress') return;
    const { done = 0, total = 1, fraction } = progress ?? {};
    const count = total > 1 ? `, ${Math.max(done, outputs.size)} of ${total} done` : '';
    line.show(`running${count}`, fraction === undefined ? '' : `, ${Math.floor(fraction * 100)} %`);
  };
}

const waiting = (ahead: number): string =>
  ahead === 0 ? 'waiting, next in the queue' : `waiting, ${ahead} ahead in the queue`;
