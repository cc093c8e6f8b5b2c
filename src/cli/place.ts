/** Commands that an operator uses on the database of this installation, and a caller on a server: which of both is meant. */
import type { Command } from 'commander';
import { type CallOptions, calling } from './caller/call.ts';
import { chooseServer, connectionOptions } from './caller/connection.ts';
import { mention } from './caller/say.ts';
import { CommandError } from './command-error.ts';

export interface PlaceOptions extends CallOptions {
  local?: boolean;
}

export const placeOptions = (command: Command): Command =>
  connectionOptions(command)
    .option('--local', 'on the database of this installation, whatever server you are logged in to')
    .option('--json', 'print JSON');

type OnServer = Parameters<typeof calling<void>>[1];

/**
 * On a server where `--base-url`, DARKROOM_BASE_URL or a login names one, else on this installation; which, it says on stderr.
 */
export async function inPlace(
  options: PlaceOptions,
  onServer: OnServer,
  onInstallation: () => Promise<void>,
): Promise<void> {
  if (options.local && options.baseUrl !== undefined)
    throw new CommandError('--local and --base-url exclude each other.');
  if (options.local) {
    mention('On this installation.');
    return onInstallation();
  }
  const { baseUrl, chosenBy, isNamed } = await chooseServer(options, { isLocalLookedFor: false });
  mention(
    isNamed
      ? `At ${baseUrl} (${chosenBy}).`
      : 'On this installation; `darkroom login` or --base-url names a server.',
  );
  return isNamed ? calling(options, onServer) : onInstallation();
}
