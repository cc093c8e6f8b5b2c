/** `darkroom usage`: what was made and what it cost. */
import { type Command, Option } from 'commander';
import type { UsageOptions } from './options.ts';
import { inPlace, placeOptions } from './place.ts';

export function usageCommand(command: Command): void {
  placeOptions(command)
    .addOption(new Option('--by <what>', 'what to sum by').choices(['day', 'model', 'key']).default('day'))
    .option('--from <time>', 'what ended at or after; 30 days before --to by default')
    .option('--to <time>', 'what ended before; now by default')
    .option('--account <name>', 'whose (default: default; on a server it is your own)')
    .action((options: UsageOptions) =>
      inPlace(
        options,
        async (darkroom) => (await import('./caller/usage.ts')).showServerUsage(darkroom, options),
        async () => (await import('./local-usage.ts')).showLocalUsage(options),
      ),
    );
}
