/** What a command that failed says on stderr, and the exit code that tells which kind of failure it was. */
import { styleText } from 'node:util';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';
import { printable } from './printable.ts';

/** By their names, since their rooms are loaded only by the commands that use them: what they say explains itself. */
const EXPLAINED = [
  'CommandError',
  'ConfigError',
  'CatalogError',
  'RoutingError',
  'EmbeddedPostgresError',
  'DataFolderInUse',
  'SchemaError',
  'StoreRefused',
];

/** @returns the exit code. */
export function reportFailure(error: unknown): number {
  const { name, message, stack } = error as Error;
  const text = printable(EXPLAINED.includes(name) ? message : (stack ?? String(error)));
  const exitCode = error instanceof CommandError ? error.exitCode : EXIT.usage;
  // Who ends it has done nothing wrong.
  const isMeant = exitCode >= EXIT.interrupted;
  const shown = isMeant ? text : styleText('red', text, { stream: process.stderr });
  if (text !== '') process.stderr.write(`${shown}\n`);
  return exitCode;
}
