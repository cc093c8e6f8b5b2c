/** Usage on the database itself, of any account. */
import { findAccount } from '../accounts/accounts.ts';
import { reportUsage } from '../accounts/usage-report.ts';
import type { Usage } from '../client/index.ts';
import { printJson } from './caller/call.ts';
import { CommandError } from './command-error.ts';
import { loadConfig } from './load-config.ts';
import type { UsageOptions } from './options.ts';
import { showUsage } from './shown-usage.ts';
import { withDatabase } from './with-database.ts';

const THIRTY_DAYS_MS = 30 * 86_400_000;

export const showLocalUsage = (options: UsageOptions): Promise<void> =>
  withDatabase(loadConfig(), async (db) => {
    const account = options.account ?? 'default';
    const accountId = await findAccount(db, account);
    if (!accountId)
      throw new CommandError(
        `There is no account ${account}. \`darkroom accounts list\` shows what there is.`,
      );
    const to = readTime('--to', options.to) ?? new Date();
    const from = readTime('--from', options.from) ?? new Date(to.getTime() - THIRTY_DAYS_MS);
    const report = await reportUsage(db, accountId, options.by, from.toISOString(), to.toISOString());
    if (options.json) printJson(report);
    else showUsage(report as unknown as Usage);
  });

function readTime(flag: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new CommandError(`${flag} must be a time such as 2026-01-31 or 2026-01-31T12:00:00Z.`);
  return time;
}
