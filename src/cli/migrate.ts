/** `darkroom migrate`: once, before processes of a new version start. */
import type { Command } from 'commander';
import { pino } from 'pino';
import { migrate } from '../db/migrate.ts';
import { openPostgres } from '../db/postgres.ts';
import { loadConfig } from './load-config.ts';

export function migrateCommand(command: Command): void {
  command.action(async () => {
    const { config, secrets } = loadConfig();
    const log = pino({ level: 'silent' });
    await using postgres = await openPostgres(config, secrets, log);
    const applied = await migrate(postgres.target, log);
    console.log(
      applied.length > 0
        ? `Applied ${applied.join(', ')} to ${postgres.description}.`
        : `${postgres.description} has this version's schema already.`,
    );
  });
}
