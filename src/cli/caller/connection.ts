/** Which server is called, and with which key. */
import { Command } from 'commander';
import { Darkroom } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { readBaseUrl } from './base-url.ts';
import { findLocalServer, type LocalServer, localKey } from './local-server.ts';
import { readLogins } from './logins.ts';

export interface ConnectionOptions {
  baseUrl?: string;
  apiKey?: string;
}

export interface Server {
  baseUrl: string;
  /** Who says so, in words: `--base-url`. */
  chosenBy: string;
  /** Whether somebody has named it, other than by starting it here. */
  isNamed: boolean;
  local?: LocalServer;
}

export interface Connection extends Server {
  apiKey: string;
  /** `DARKROOM_API_KEY` */
  keyFrom: string;
}

const DEFAULT_BASE_URL = 'http://localhost:8080';

export const connectionOptions = (command: Command): Command =>
  command
    .option('--base-url <url>', 'the server to call (DARKROOM_BASE_URL)')
    .option('--api-key <key>', 'the key to call it with (DARKROOM_API_KEY, or darkroom login)');

/** What words that are yet to be read say of it. */
export function peekAtConnection(words: readonly string[]): ConnectionOptions & { json?: boolean } {
  const peek = connectionOptions(new Command()).option('--json').allowUnknownOption().exitOverride();
  try {
    peek.configureOutput({ writeErr() {} }).parseOptions([...words]);
  } catch {
    // Said again, and aloud, when all of it is read.
  }
  return peek.opts();
}

const environment = (name: string): string | undefined => process.env[name]?.trim() || undefined;

/** The first that says where: the flag, the environment, the last login, the server of this folder, the default. */
export async function chooseServer(
  options: ConnectionOptions,
  { isLocalLookedFor = true } = {},
): Promise<Server> {
  if (options.baseUrl !== undefined)
    return { baseUrl: readBaseUrl(options.baseUrl), chosenBy: '--base-url', isNamed: true };
  const fromEnvironment = environment('DARKROOM_BASE_URL');
  if (fromEnvironment)
    return { baseUrl: readBaseUrl(fromEnvironment), chosenBy: 'DARKROOM_BASE_URL', isNamed: true };
  const { current } = await readLogins();
  if (current) return { baseUrl: current, chosenBy: 'your login', isNamed: true };
  const local = isLocalLookedFor ? await findLocalServer() : undefined;
  if (local) return { baseUrl: local.url, chosenBy: 'the server of this folder', isNamed: false, local };
  return { baseUrl: DEFAULT_BASE_URL, chosenBy: 'by default', isNamed: false };
}

/** @throws when there is no key, saying how to come by one. */
export async function findConnection(
  options: ConnectionOptions,
  { mayMakeKey = true } = {},
): Promise<Connection> {
  const server = await chooseServer(options);
  const given = options.apiKey?.trim();
  if (given) return { ...server, apiKey: given, keyFrom: '--api-key' };
  const fromEnvironment = environment('DARKROOM_API_KEY');
  if (fromEnvironment) return { ...server, apiKey: fromEnvironment, keyFrom: 'DARKROOM_API_KEY' };
  const { servers } = await readLogins();
  const stored = servers[server.baseUrl]?.key;
  if (stored) return { ...server, apiKey: stored, keyFrom: 'darkroom login' };
  if (server.local && mayMakeKey)
    return { ...server, apiKey: await localKey(server.local), keyFrom: 'the data folder' };
  throw new CommandError(
    `There is no key for ${server.baseUrl}. Store one with \`darkroom login ${server.baseUrl}\`, or set DARKROOM_API_KEY.\nOn the machine of the server, \`darkroom keys create\` makes one.`,
    EXIT.auth,
  );
}

/** For what is waited for anyway. */
export const PATIENT = { maxRetries: 4 };

export interface ClientOptions {
  /** How often a call that failed on the way is made again. */
  maxRetries?: number;
  /** As the SDK names it; found out by the address unless told. */
  host?: 'runcomfy';
  fetch?: typeof fetch;
}

/** A client of the SDK. No patience unless told: who sits at a terminal can ask again. */
export const clientOf = (
  { baseUrl, apiKey }: Connection,
  { maxRetries = 0, ...rest }: ClientOptions = {},
): Darkroom => new Darkroom({ baseUrl, apiKey, maxRetries, ...rest });
