/** The configuration of this installation, as its server reads it. */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type LoadedConfig, readConfig } from '../config/config.ts';

/**
 * From the environment and the `.env` file of the folder that we are in.
 * @param options what the command line sets, by the names of the settings
 * @throws {ConfigError}
 */
export function loadConfig(options: Record<string, string | undefined> = {}): LoadedConfig {
  const fromFile = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return readConfig({ ...process.env, ...Object.fromEntries(given) }, fromFile);
}
