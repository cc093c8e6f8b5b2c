/** The command line. */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { RoutingError } from './backends/routing.ts';
import { CatalogError } from './catalog/mistakes.ts';
import { accountsCommands } from './cli/accounts.ts';
import { backendsCommands } from './cli/backends.ts';
import { CommandError } from './cli/command-error.ts';
import { configCommand } from './cli/config.ts';
import { doctorCommand } from './cli/doctor.ts';
import { keysCommands } from './cli/keys.ts';
import { modelsCommands } from './cli/models.ts';
import { serveCommand } from './cli/serve.ts';
import { ConfigError, type LoadedConfig, readConfig } from './config/config.ts';
import { EmbeddedPostgresError } from './db/embedded/embedded.ts';

const EXPLAINED = [CommandError, ConfigError, CatalogError, RoutingError, EmbeddedPostgresError];

function loadConfig(): LoadedConfig {
  const fromFile = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return readConfig(process.env, fromFile);
}

const program = new Command('darkroom')
  .description('A self-hosted Model API.')
  .version(packageJson.version)
  .showHelpAfterError('(darkroom --help shows what there is)');
serveCommand(program, loadConfig);
keysCommands(program, loadConfig);
accountsCommands(program, loadConfig);
modelsCommands(program, loadConfig);
backendsCommands(program, loadConfig);
configCommand(program, loadConfig);
doctorCommand(program, loadConfig);

try {
  await program.parseAsync();
} catch (error) {
  const explained = EXPLAINED.some((type) => error instanceof type);
  process.stderr.write(
    `${explained ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`,
  );
  process.exitCode = 1;
}
