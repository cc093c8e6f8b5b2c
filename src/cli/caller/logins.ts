/** The keys that `darkroom login` keeps, one for each server, in a file that only its owner can read. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandError } from '../command-error.ts';
import { configFolder } from './config-folder.ts';

export interface Logins {
  /** The server that is called unless told otherwise. */
  current?: string;
  servers: Record<string, { key: string }>;
}

export const loginsFile = (): string => join(configFolder(), 'logins.json');

/** @throws when the file is there and cannot be read. */
export async function readLogins(): Promise<Logins> {
  const file = loginsFile();
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { servers: {} };
    throw new CommandError(`The stored logins cannot be read: ${message}`);
  }
  const logins = parseLogins(text);
  if (!logins) throw new CommandError(`${file} is damaged. Remove it, and use \`darkroom login\` again.`);
  return logins;
}

function parseLogins(text: string): Logins | undefined {
  try {
    const { current, servers } = JSON.parse(text) as Partial<Logins>;
    const isWhole =
      (current === undefined || typeof current === 'string') &&
      Object.values(servers ?? {}).every(({ key }) => typeof key === 'string');
    return isWhole ? { ...(current !== undefined && { current }), servers: { ...servers } } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a key, and calls that server from now on. */
export async function storeLogin(baseUrl: string, key: string): Promise<void> {
  const { servers } = await readLogins();
  await writeLogins({ current: baseUrl, servers: { ...servers, [baseUrl]: { key } } });
}

/** @returns whether there was one. Another that is left becomes the current one only when it is alone. */
export async function removeLogin(baseUrl: string): Promise<boolean> {
  const { current, servers } = await readLogins();
  if (!Object.hasOwn(servers, baseUrl)) return false;
  const { [baseUrl]: _removed, ...left } = servers;
  const others = Object.keys(left);
  if (others.length === 0) {
    await rm(loginsFile());
    return true;
  }
  const next = current === baseUrl ? (others.length === 1 ? others[0] : undefined) : current;
  await writeLogins({ ...(next !== undefined && { current: next }), servers: left });
  return true;
}

/** Whole or not at all, and never readable by others, not even for a moment. */
async function writeLogins(logins: Logins): Promise<void> {
  const file = loginsFile();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await writeFile(unfinished, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    // A umask can only take away; a file system without modes ignores this.
    await chmod(unfinished, 0o600);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new CommandError(`The login cannot be stored: ${(error as Error).message}`);
  }
}
