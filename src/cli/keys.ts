/** `darkroom keys`: of all accounts on the database of this installation, or of one's own account on a server. */
import { type Command, InvalidArgumentError } from 'commander';
import { SCOPES, type Scope } from '../accounts/scopes.ts';
import type { CreateKeyOptions } from './options.ts';
import { parseCount, parsePositive } from './parse-option.ts';
import { inPlace, type PlaceOptions, placeOptions } from './place.ts';

export function keysCommands(keys: Command): void {
  placeOptions(keys.command('create'))
    .description('make an API key and print it, this once')
    .option('--name <name>', 'what to call it', 'made on the command line')
    .option(
      '--account <name>',
      'account it belongs to; made if there is none of that name (default: default; not on a server)',
    )
    .option(
      '--scopes <list>',
      `comma-separated: ${SCOPES.join(', ')}; each includes the ones after it`,
      parseScopes,
      ['generate'],
    )
    .option('--budget <usd>', 'USD it may spend in a month', parsePositive)
    .option('--rate-per-minute <calls>', 'calls it may make in a minute', parseCount)
    .option('--expires <time>', 'when it stops working, such as 2030-01-31T12:00:00Z', parseTime)
    .action((options: CreateKeyOptions) =>
      inPlace(
        options,
        async (darkroom) => (await import('./caller/keys.ts')).createServerKey(darkroom, options),
        async () => (await import('./local-keys.ts')).createLocalKey(options),
      ),
    );

  placeOptions(keys.command('list'))
    .description('all API keys, newest first')
    .action((options: PlaceOptions) =>
      inPlace(
        options,
        async (darkroom) => (await import('./caller/keys.ts')).listServerKeys(darkroom, options),
        async () => (await import('./local-keys.ts')).listLocalKeys(options),
      ),
    );

  placeOptions(keys.command('revoke <id>'))
    .description('revoke an API key for good, by its id or the first characters shown')
    .action((id: string, options: PlaceOptions) =>
      inPlace(
        options,
        async (darkroom) => (await import('./caller/keys.ts')).revokeServerKey(darkroom, id),
        async () => (await import('./local-keys.ts')).revokeLocalKey(id),
      ),
    );
}

function parseScopes(text: string): Scope[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const unknown = scopes.find((scope) => !SCOPES.includes(scope as Scope));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`${unknown} is no scope; there are ${SCOPES.join(', ')}.`);
  return scopes as Scope[];
}

function parseTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('It must be a time such as 2030-01-31T12:00:00Z.');
  return time.toISOString();
}
