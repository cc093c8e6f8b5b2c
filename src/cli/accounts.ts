/** `darkroom accounts`: for the operator, on the database itself. */
import { type Command, InvalidArgumentError } from 'commander';
import {
  type AccountChange,
  changeAccount,
  createNamedAccount,
  findAccount,
  listAccounts,
} from '../accounts/accounts.ts';
import { toMicroUsd, toUsd } from '../lib/money.ts';
import { CommandError } from './command-error.ts';
import { loadConfig } from './load-config.ts';
import { parseCount, parsePositive } from './parse-option.ts';
import { table } from './table.ts';
import { tellServers } from './tell-servers.ts';
import { withDatabase } from './with-database.ts';

interface ChangeOptions {
  operator?: boolean;
  budget?: number | 'none';
  maxRunning?: number | 'none';
  maxQueued?: number | 'none';
}

export function accountsCommands(accounts: Command): void {
  accounts
    .command('list')
    .description('all accounts, with what waits, runs and was spent this month')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) =>
      withDatabase(loadConfig(), async (db) => {
        const rows = await listAccounts(db);
        const header = ['ID', 'NAME', 'OPERATOR', 'QUEUED', 'RUNNING', 'SPENT/BUDGET USD'];
        const shown = rows.map((row) => [
          row.id,
          row.name,
          row.operator ? 'yes' : '',
          `${row.queued} of ${row.max_queued ?? 'default'}`,
          `${row.running} of ${row.max_running ?? 'default'}`,
          `${toUsd(row.spent_this_month)} of ${row.monthly_budget === null ? 'no limit' : toUsd(row.monthly_budget)}`,
        ]);
        process.stdout.write(options.json ? `${JSON.stringify(rows, null, 2)}\n` : table(header, shown));
      }),
    );

  limitOptions(accounts.command('create <name>').description('make an account'))
    .option('--operator', OPERATOR)
    .action((name: string, options: ChangeOptions) => {
      const loaded = loadConfig();
      return withDatabase(loaded, async (db) => {
        const id = await createNamedAccount(db, { name });
        if (!id) throw new CommandError(`There is an account ${name} already.`);
        await changeAccount(db, id, readChange(options), loaded.config.maxRunning);
        process.stdout.write(`${id}\n`);
      });
    });

  limitOptions(accounts.command('set <name>').description('change an account, by its name or id'))
    .option('--operator', OPERATOR)
    .option('--no-operator', 'take that from it')
    .action((name: string, options: ChangeOptions) => {
      const loaded = loadConfig();
      return withDatabase(loaded, async (db) => {
        const id = await findAccount(db, name);
        if (!id)
          throw new CommandError(
            `There is no account ${name}. \`darkroom accounts list\` shows what there is.`,
          );
        await changeAccount(db, id, readChange(options), loaded.config.maxRunning);
        await tellServers(db, [id]);
        process.stdout.write(`Changed ${name}.\n`);
      });
    });
}

const OPERATOR = 'let its admin keys see and change the whole system';

const limitOptions = (command: Command): Command =>
  command
    .option('--budget <usd>', 'USD it may spend in a month, or none', orNone(parsePositive))
    .option(
      '--max-running <requests>',
      'requests that run at once, or none for the configured default',
      orNone(parseCount),
    )
    .option(
      '--max-queued <requests>',
      'requests that may wait, or none for the configured default',
      orNone(parseCount),
    );

const orNone =
  (parse: (text: string) => number) =>
  (text: string): number | 'none' => {
    if (text === 'none') return text;
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(`${(error as Error).message} Or none.`);
    }
  };

function readChange({ operator, budget, maxRunning, maxQueued }: ChangeOptions): AccountChange {
  return {
    ...(operator !== undefined && { operator }),
    ...(budget !== undefined && { monthly_budget: budget === 'none' ? null : toMicroUsd(budget) }),
    ...(maxRunning !== undefined && { max_running: maxRunning === 'none' ? null : maxRunning }),
    ...(maxQueued !== undefined && { max_queued: maxQueued === 'none' ? null : maxQueued }),
  };
}
