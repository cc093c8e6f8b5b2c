/** Usage of one's own account, on a server. */
import type { Darkroom } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import type { UsageOptions } from '../options.ts';
import { showUsage } from '../shown-usage.ts';
import { printJson } from './call.ts';
import { mention } from './say.ts';

export async function showServerUsage(darkroom: Darkroom, options: UsageOptions): Promise<void> {
  if (options.account !== undefined)
    throw new CommandError(
      'On a server, usage is that of your own account. Leave --account out, or add --local on its machine.',
    );
  const usage = await darkroom.usage({ from: options.from, to: options.to, groupBy: options.by });
  if (options.json) return printJson(usage);
  showUsage(usage);
  const { budget } = await darkroom.account();
  if (budget.monthly_usd !== null)
    mention(`${budget.spent_this_month_usd} of ${budget.monthly_usd} USD are spent this month.`);
}
