/** `darkroom requests`: the history, newest first. */
import { type Command, Option } from 'commander';
import type { HistoryEntry, ResultStatus } from '../../client/index.ts';
import { parseCount } from '../parse-option.ts';
import { table } from '../table.ts';
import { type CallOptions, calling, printJson } from './call.ts';
import { connectionOptions } from './connection.ts';
import { take } from './take.ts';

interface ListOptions extends CallOptions {
  status?: ResultStatus;
  model?: string;
  after?: string;
  before?: string;
  limit: number;
}

const STATUSES = ['in_queue', 'in_progress', 'completed', 'failed', 'cancelled'];

export function requestsCommands(command: Command): void {
  connectionOptions(command.command('list', { isDefault: true }))
    .description('the latest requests, newest first')
    .addOption(new Option('--status <status>', 'only those that are').choices(STATUSES))
    .option('--model <id>', 'only those of a model')
    .option('--after <time>', 'only those made at or after, such as 2026-11-20 or 2026-11-20T08:00:00Z')
    .option('--before <time>', 'only those made before')
    .option('--limit <count>', 'how many', parseCount, 20)
    .option('--json', 'print JSON, and nothing else')
    .action((options: ListOptions) =>
      calling(options, async (darkroom) => {
        const { status, model: modelId, after, before, limit } = options;
        const list = darkroom.requests.list({
          status,
          modelId,
          after,
          before,
          limit: Math.min(limit, 100),
        });
        const rows = await take(list, limit);
        if (options.json) return printJson(rows);
        process.stdout.write(
          table(['REQUEST', 'STATUS', 'MADE', 'COST USD', 'MODEL', 'PROMPT'], rows.map(shown)),
        );
      }),
    );
  connectionOptions(command.command('delete'))
    .description('remove requests with their input, outputs and files, for good')
    .argument('<request-id...>')
    .action((ids: string[], options: CallOptions) =>
      calling(options, async (darkroom) => {
        for (const id of ids) {
          await darkroom.requests.delete(id);
          process.stdout.write(`Deleted ${id}.\n`);
        }
      }),
    );
  command
    .command('abandon')
    .description('on the machine of the server: end all that wait or run, after restoring a backup')
    .action(async () => (await import('../abandon-requests.ts')).abandonRequests());
}

const PROMPT_LENGTH = 50;

function shown({
  request_id,
  status,
  created_at,
  cost,
  model_id = '',
  input,
  error,
}: HistoryEntry): string[] {
  const prompt = String(input?.prompt ?? '').replace(/\s+/g, ' ');
  return [
    request_id,
    error ? `${status} (${error.code})` : status,
    created_at.slice(0, 16).replace('T', ' '),
    cost === undefined ? '' : String(cost),
    model_id,
    prompt.length > PROMPT_LENGTH ? `${prompt.slice(0, PROMPT_LENGTH - 1)}…` : prompt,
  ];
}
