/** `darkroom login`: keeps a key for a server, once that server has taken it. */
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { type Account, APIError, Darkroom, NotFoundError } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { isLoopback, readBaseUrl } from './base-url.ts';
import { chooseServer, type Server } from './connection.ts';
import { explainError } from './explain-error.ts';
import { loginsFile, storeLogin } from './logins.ts';
import { mention, say, warn } from './say.ts';

interface LoginOptions {
  withKey?: boolean;
  baseUrl?: string;
}

export function loginCommand(command: Command): void {
  command
    .argument('[url]', 'the server')
    .option('--base-url <url>', 'the server (DARKROOM_BASE_URL)')
    .option('--with-key', 'read the key from stdin instead of asking for it')
    .addHelpText('after', '\nOn the machine of the server: darkroom keys create | darkroom login --with-key')
    .action(async (url: string | undefined, options: LoginOptions) => {
      const server = await chooseServer({
        ...options,
        ...(url !== undefined && { baseUrl: readBaseUrl(url) }),
      });
      const { baseUrl } = server;
      if (new URL(baseUrl).protocol === 'http:' && !isLoopback(baseUrl))
        warn(`The key goes to ${baseUrl} unencrypted, readable on the way: use https:// where you can.`);
      const key = await readKey(baseUrl, options.withKey === true);
      const account = await verify(server, key);
      await storeLogin(baseUrl, key);
      say(
        account
          ? `Logged in to ${baseUrl} as ${account.name}; the key may ${account.key.scopes.join(', ')}.`
          : `Stored the key for ${baseUrl}, which offers no way to check it.`,
      );
      mention(`The key lies in ${loginsFile()}; \`darkroom logout\` forgets it.`);
    });
}

/** @throws when there is none to be had. */
async function readKey(baseUrl: string, fromStdin: boolean): Promise<string> {
  if (!fromStdin && !(process.stdin.isTTY && process.stderr.isTTY))
    throw new CommandError(
      'There is no terminal to ask for the key. Give it on stdin: darkroom login --with-key',
    );
  const key = (fromStdin ? await text(process.stdin) : await ask(baseUrl)).trim();
  if (key === '') throw new CommandError('That is no key.');
  // It is sent in a header, which takes no more than that.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new CommandError('That is no key: keys have no spaces and no special characters.');
  return key;
}

async function ask(baseUrl: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message: `API key for ${baseUrl}`, output: process.stderr });
  if (isCancel(answer)) throw new CommandError('', EXIT.interrupted);
  return answer ?? '';
}

/** Whose key it is; undefined where the server does not tell. @throws when it is refused. */
async function verify(server: Server, apiKey: string): Promise<Account | undefined> {
  try {
    return await new Darkroom({ baseUrl: server.baseUrl, apiKey, maxRetries: 0 }).account();
  } catch (error) {
    if (error instanceof NotFoundError || (error instanceof APIError && error.status === 405))
      return undefined;
    throw explainError(error, { ...server, apiKey, keyFrom: 'you' });
  }
}
