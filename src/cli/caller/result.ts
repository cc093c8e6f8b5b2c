/** `darkroom result`: what came of a request, waited for where it has not ended yet. */
import type { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { type CallOptions, calling } from './call.ts';
import { connectionOptions, PATIENT } from './connection.ts';
import { finish } from './finish.ts';
import { follow } from './follow.ts';
import { hintAt } from './hint.ts';
import { onInterrupt } from './interrupt.ts';
import { type OutputOptions, outputOptions, parseDuration, prepareOutput } from './output-options.ts';
import { openStatusLine } from './status-line.ts';

interface ResultOptions extends CallOptions, Omit<OutputOptions, 'json'> {
  wait: boolean;
  timeout?: number;
}

export function resultCommand(command: Command): void {
  outputOptions(command.argument('<request-id>'))
    .option('--no-wait', 'fail instead of waiting when it has not ended yet')
    .option('--timeout <time>', 'how long to wait, such as 90s or 5m', parseDuration)
    .option('--json', 'print JSON, and nothing else');
  connectionOptions(command).action((requestId: string, options: ResultOptions) =>
    calling(
      options,
      async (darkroom, connection) => {
        await prepareOutput(options);
        const again = hintAt(connection, `result ${requestId}`);
        using line = openStatusLine(options.quiet === true || options.json === true);
        using interruption = onInterrupt(() => {});
        const timeout = AbortSignal.timeout(options.timeout ?? 2 ** 31 - 1);
        const signal = AbortSignal.any([interruption.signal, timeout]);
        if (!options.wait) {
          const { status } = await darkroom.status(requestId, { signal });
          if (status === 'in_queue' || status === 'in_progress')
            throw new CommandError(`Request ${requestId} has not ended: it is ${status}.`, EXIT.conflict);
        }
        try {
          const result = await follow(darkroom, requestId, line, signal);
          await finish(result, { again, options, line, signal: interruption.signal });
        } catch (error) {
          line.clear();
          if (!signal.aborted) throw error;
          if (!interruption.signal.aborted)
            throw new CommandError(`Request ${requestId} is not finished yet; it goes on.`, EXIT.timeout);
          throw interruption.ended(`Nothing is lost: ${again} fetches its outputs.`);
        }
      },
      PATIENT,
    ),
  );
}
