/** `darkroom cancel`: takes requests out of the queue. */
import type { Command } from 'commander';
import type { Cancellation } from '../../client/index.ts';
import { EXIT } from '../exit-codes.ts';
import { type CallOptions, calling, printJson } from './call.ts';
import { connectionOptions } from './connection.ts';

export function cancelCommand(command: Command): void {
  connectionOptions(command)
    .argument('<request-id...>')
    .option('--json', 'print JSON, and nothing else')
    .action((requestIds: string[], options: CallOptions) =>
      calling(options, async (darkroom) => {
        const answers: Cancellation[] = [];
        for (const id of requestIds) answers.push(await darkroom.cancel(id));
        if (options.json) printJson(requestIds.length === 1 ? answers[0] : answers);
        else
          for (const { request_id } of answers.filter(isCancelled))
            process.stdout.write(`Cancelled ${request_id}.\n`);
        const left = answers.filter((answer) => !isCancelled(answer));
        if (left.length === 0) return;
        const text = left.map(
          ({ request_id, status }) => `${request_id} cannot be cancelled: it is ${status}.`,
        );
        process.stderr.write(`${text.join('\n')}\n`);
        process.exitCode = EXIT.conflict;
      }),
    );
}

const isCancelled = ({ outcome }: Cancellation): boolean => outcome === 'cancelled';
