/** `darkroom logout`: forgets the key of a server. */
import type { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { readBaseUrl } from './base-url.ts';
import { readLogins, removeLogin } from './logins.ts';
import { mention, say } from './say.ts';

export function logoutCommand(command: Command): void {
  command
    .argument('[url]', 'the server; the last one logged in to unless told')
    .option('--all', 'of all servers')
    .action(async (url: string | undefined, options: { all?: boolean }) => {
      const { current, servers } = await readLogins();
      const chosen = options.all ? Object.keys(servers) : [url === undefined ? current : readBaseUrl(url)];
      for (const baseUrl of chosen) {
        if (baseUrl === undefined || !(await removeLogin(baseUrl)))
          throw new CommandError(`You are not logged in${baseUrl === undefined ? '' : ` to ${baseUrl}`}.`);
        say(`Forgot the key for ${baseUrl}.`);
      }
      if (chosen.length > 0) mention('It still works: `darkroom keys revoke` ends it for good.');
    });
}
