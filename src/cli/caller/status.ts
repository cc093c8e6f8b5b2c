/** `darkroom status`: where a request stands, once or until it has ended. */
import type { Command } from 'commander';
import type { Status } from '../../client/index.ts';
import { printable } from '../printable.ts';
import { type CallOptions, calling, printJson } from './call.ts';
import { connectionOptions, PATIENT } from './connection.ts';
import { hintAt } from './hint.ts';
import { onInterrupt } from './interrupt.ts';
import { showProgress } from './progress.ts';
import { mention } from './say.ts';
import { openStatusLine } from './status-line.ts';

interface StatusOptions extends CallOptions {
  watch?: boolean;
}

export function statusCommand(command: Command): void {
  connectionOptions(command)
    .argument('<request-id>')
    .option('--watch', 'follow it until it has ended')
    .option('--json', 'print JSON; with --watch a line for each change')
    .action((requestId: string, options: StatusOptions) =>
      calling(
        options,
        async (darkroom, connection) => {
          if (!options.watch) {
            const status = await darkroom.status(requestId);
            if (options.json) printJson(status);
            else process.stdout.write(`${printable(inWords(status))}\n`);
            return;
          }
          using line = openStatusLine(options.json === true);
          using interruption = onInterrupt(() => {});
          const show = showProgress(line);
          let last: Status | undefined;
          try {
            for await (const update of darkroom.subscribe(requestId, { signal: interruption.signal })) {
              if (options.json) process.stdout.write(`${JSON.stringify(update)}\n`);
              else show(update);
              if (update.type === 'status') last = update;
            }
          } catch (error) {
            throw interruption.signal.aborted ? interruption.ended() : error;
          }
          line.clear();
          if (options.json || !last) return;
          process.stdout.write(`${printable(inWords(last))}\n`);
          if (last.status === 'completed' && !last.error)
            mention(`${hintAt(connection, `result ${requestId}`)} fetches its outputs.`);
        },
        PATIENT,
      ),
    );
}

/** `in_queue, 3 ahead` */
function inWords({ status, queue_position: ahead, progress, error }: Status): string {
  if (error) return `failed (${error.code}): ${error.message}`;
  const count = progress && progress.total > 1 ? `, ${progress.done} of ${progress.total} done` : '';
  return `${status}${ahead === undefined ? '' : `, ${ahead} ahead`}${count}`;
}
