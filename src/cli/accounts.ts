/** `darkroom accounts`: for the operator, on the database itself. */
import { type Command, InvalidArgumentError } from 'commander';
import {
  type AccountLimits,
  createAccount,
  findAccount,
  listAccounts,
  setLimits,
} from '../accounts/accounts.ts';
import type { LoadedConfig } from '../config/config.ts';
import { toMicroUsd, toUsd } from '../lib/money.ts';
import { CommandError } from './command-error.ts';
import { parseCount, parsePositive } from './parse-option.ts';
import { table } from './table.ts';
import { tellServers } from './tell-servers.ts';
import { withDatabase } from './with-database.ts';

interface LimitOptions {
  budget?: number | 'none';
  maxRunning?: number | 'none';
  maxQueued?: number | 'none';
}

export function accountsCommands(program: Command, loadConfig: () => LoadedConfig): void {
  const accounts = program.command('accounts').description('accounts, their limits and budgets');

  accounts
    .command('list')
    .description('all accounts, with what waits, runs and was spent this month')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) =>
      withDatabase(loadConfig(), async (db) => {
        const rows = await listAccounts(db);
        const header = ['ID', 'NAME', 'QUEUED', 'RUNNING', 'SPENT/BUDGET USD'];
        const shown = rows.map((row) => [
          row.id,
          row.name,
          `${row.queued} of ${row.max_queued ?? 'default'}`,
          `${row.running} of ${row.max_running ?? 'default'}`,
          `${toUsd(row.spent_this_month)} of ${row.monthly_budget === null ? 'no limit' : toUsd(row.monthly_budget)}`,
        ]);
        process.stdout.write(options.json ? `${JSON.stringify(rows, null, 2)}\n` : table(header, shown));
      }),
    );

  limitOptions(accounts.command('create <name>').description('make an account')).action(
    (name: string, options: LimitOptions) =>
      withDatabase(loadConfig(), async (db) => {
        if (await findAccount(db, name)) throw new CommandError(`There is an account ${name} already.`);
        const id = await createAccount(db, { name });
        await setLimits(db, id, limits(options));
        process.stdout.write(`${id}\n`);
      }),
  );

  limitOptions(
    accounts.command('set <name>').description("change an account's limits, by its name or id"),
  ).action((name: string, options: LimitOptions) =>
    withDatabase(loadConfig(), async (db) => {
      const id = await findAccount(db, name);
      if (!id)
        throw new CommandError(
          `There is no account ${name}. \`darkroom accounts list\` shows what there is.`,
        );
      await setLimits(db, id, limits(options));
      await tellServers(db, [id]);
      process.stdout.write(`Changed ${name}.\n`);
    }),
  );
}

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

function limits({ budget, maxRunning, maxQueued }: LimitOptions): Partial<AccountLimits> {
  return {
    ...(budget !== undefined && { monthly_budget: budget === 'none' ? null : toMicroUsd(budget) }),
    ...(maxRunning !== undefined && { max_running: maxRunning === 'none' ? null : maxRunning }),
    ...(maxQueued !== undefined && { max_queued: maxQueued === 'none' ? null : maxQueued }),
  };
}
