/** `darkroom config`: every setting, its value and where it comes from. */
import type { Command } from 'commander';
import { loadConfig } from './load-config.ts';
import { table } from './table.ts';

export function configCommand(command: Command): void {
  command.option('--json', 'print JSON').action((options: { json?: boolean }) => {
    const { report, warnings } = loadConfig();
    process.stdout.write(
      options.json
        ? `${JSON.stringify(report, null, 2)}\n`
        : table(
            ['SETTING', 'VALUE', 'FROM', 'MEANING'],
            report.map(({ name, value, source, description }) => [name, value, source, description]),
          ),
    );
    for (const warning of warnings) process.stderr.write(`${warning}\n`);
  });
}
